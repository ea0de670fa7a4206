/** Phone numbers as the login stores them: one normal form, or an error text for the caller. */

export class PhoneError extends Error {}

export type Phone = { normalized: string; countryCode: string | null };

const SHORTEST = 8;
const LONGEST = 25;

function sanitizedCountryCode(raw: unknown): string | null {
  if (raw === undefined || raw === null || String(raw).trim() === "") return null;
  const text = String(raw).trim();
  const hexadecimal = /^0x([0-9a-f]+)$/i.exec(text);
  if (hexadecimal) {
    const decimal = Number.parseInt(hexadecimal[1] ?? "", 10);
    const value = decimal > 0 ? decimal : Number.parseInt(text, 16);
    return value > 0 ? `+${value}` : null;
  }
  const value = Number(text.replace(/[^0-9]/g, ""));
  return value > 0 ? `+${value}` : null;
}

function checkedLength(digits: string): string {
  if (digits.length < SHORTEST || digits.length > LONGEST) throw new PhoneError("Phone number must contain 8-25 digits");
  return `+${digits}`;
}

export function normalizePhone(phone: unknown, countryCode?: unknown): Phone {
  if (typeof phone !== "string" || phone.trim() === "") throw new PhoneError("Phone number is required");
  const code = sanitizedCountryCode(countryCode);
  if (countryCode && !code) throw new PhoneError("Invalid country code");
  const text = phone.trim().replace(/^00/, "+");
  const digits = text.replace(/[^0-9]/g, "");
  if (text.startsWith("+")) return { normalized: checkedLength(digits), countryCode: null };
  if (digits === "") throw new PhoneError("Phone number must contain digits");
  const national = digits.replace(/^0+/, "") || digits;
  const prefix = code ? code.slice(1) : "";
  return { normalized: checkedLength(prefix + national), countryCode: code };
}
