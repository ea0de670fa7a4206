import { createHash } from "node:crypto";

/** Bytes from the database as a cacheable answer: strong ETag, conditional requests, one byte range (RFC 9110). */

export type Asset = { data: Buffer; mimeType: string; updatedAt: Date };

function etagMatches(header: string, etag: string): boolean {
  return header.split(",").some((item) => ["*", etag, `W/${etag}`].includes(item.trim()));
}

function notModified(request: Request, etag: string, lastModified: Date): boolean {
  const ifNoneMatch = request.headers.get("if-none-match");
  if (ifNoneMatch !== null) return etagMatches(ifNoneMatch, etag);
  const since = Date.parse(request.headers.get("if-modified-since") ?? "");
  return !Number.isNaN(since) && Math.floor(lastModified.getTime() / 1000) * 1000 <= since;
}

type Range = { start: number; end: number };

/** Null: no range applies, the whole is sent. "unsatisfiable": the range lies outside the bytes. */
function rangeOf(request: Request, size: number, etag: string): Range | null | "unsatisfiable" {
  const ifRange = request.headers.get("if-range");
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get("range") ?? "") ?? [];
  if ((first === "" && last === "") || (ifRange !== null && ifRange !== etag)) return null;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return null;
  return start >= size || (first === "" && Number(last) === 0) ? "unsatisfiable" : { start, end };
}

export function assetResponse(request: Request, { data, mimeType, updatedAt }: Asset): Response {
  const etag = `"${createHash("sha256").update(data).digest("hex").slice(0, 32)}"`;
  const headers = new Headers({
    ETag: etag,
    "Last-Modified": updatedAt.toUTCString(),
    "Cache-Control": "public, max-age=0, must-revalidate",
    "Accept-Ranges": "bytes",
    "X-Content-Type-Options": "nosniff",
  });
  if (notModified(request, etag, updatedAt)) return new Response(null, { status: 304, headers });
  const range = rangeOf(request, data.length, etag);
  if (range === "unsatisfiable") {
    headers.set("Content-Range", `bytes */${data.length}`);
    return new Response(null, { status: 416, headers });
  }
  headers.set("Content-Type", mimeType);
  const bytes = range ? data.subarray(range.start, range.end + 1) : data;
  if (range) headers.set("Content-Range", `bytes ${range.start}-${range.end}/${data.length}`);
  headers.set("Content-Length", String(bytes.length));
  return new Response(new Uint8Array(bytes), { status: range ? 206 : 200, headers });
}
