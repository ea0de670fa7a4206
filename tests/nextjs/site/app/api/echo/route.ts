/** Says what came in. GET and POST only, so HEAD, OPTIONS and the refusal of the others are Next.js's own. */
async function answer(request: Request): Promise<Response> {
  const body = await request.text();
  const { pathname, search } = new URL(request.url);
  const told = ["content-type", "content-length", "accept", "authorization", "cookie", "x-own"];
  const headers = Object.fromEntries(told.map((name) => [name, request.headers.get(name)]));
  return Response.json({ method: request.method, pathname, search, headers, body }, { headers: { "X-Two": "a", Vary: "Cookie" } });
}

export const GET = answer;
export const POST = answer;
