import { randomBytes, randomInt } from "node:crypto";

/** The look of ids that the legacy code makes itself: `c`, the time in base 36, then 13 random base-36 characters. */
export function shortId(): string {
  return `c${Date.now().toString(36)}${randomBase36(13)}`;
}

function randomBase36(length: number): string {
  return Array.from({ length }, () => randomInt(36).toString(36)).join("");
}

const NANO_ALPHABET = "useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict";

/** 21 characters of `[A-Za-z0-9_-]`, the look of category ids. */
export function nanoId(): string {
  return Array.from(randomBytes(21), (byte) => NANO_ALPHABET[byte & 63]).join("");
}
