/** One status for each number that is asked for, with two cookies. */
export function GET(request: Request): Response {
  const status = Number(new URL(request.url).searchParams.get("status") ?? 200);
  const headers = new Headers({ "Cache-Control": "private, max-age=1", Location: "/about" });
  headers.append("Set-Cookie", "a=1; Path=/; Expires=Thu, 01 Jan 2032 00:00:00 GMT");
  headers.append("Set-Cookie", "b=2; Path=/; HttpOnly");
  return new Response(status === 204 || status === 304 ? null : `status ${status}\n`, { status, headers });
}
