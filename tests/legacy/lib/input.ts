import { named } from "./endpoint";

export type Body = Record<string, unknown>;

/** Malformed, missing or scalar JSON counts as an empty object in most areas. */
export async function readLenient(request: Request): Promise<Body> {
  try {
    return asObject(JSON.parse(await request.text()));
  } catch {
    return {};
  }
}

/** Areas that pass the body on raw: malformed JSON is a 400 with the parser's text, no body is `{}`. */
export async function readStrict(request: Request): Promise<Body> {
  const text = await request.text();
  if (text === "") return {};
  try {
    return asObject(JSON.parse(text));
  } catch (error) {
    // The parser of the legacy runtime adds no line and column to its message.
    throw named(400, String((error as Error).message).replace(/ \(line \d+ column \d+\)$/, ""));
  }
}

export function asObject(value: unknown): Body {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Body) : {};
}

/** A repeated query key is joined with a comma, an absent one is the empty string. */
export function queryText(request: Request, key: string): string {
  return new URL(request.url).searchParams.getAll(key).join(",");
}

/** An integer prefix; zero, garbage and absence give the default. */
export function integerOr(text: string, fallback: number): number {
  return Number.parseInt(text, 10) || fallback;
}

/** A wrong type fails in the data layer of the legacy system, as an internal error. */
export function requireText(value: unknown, field: string): string {
  if (typeof value !== "string") throw new TypeError(`${field} must be a string`);
  return value;
}

export function optionalText(value: unknown, field: string): string | null {
  return value === undefined || value === null || value === "" ? null : requireText(value, field);
}
