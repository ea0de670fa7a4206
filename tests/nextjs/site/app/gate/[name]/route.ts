/** Says what the middleware let through. */
export function GET(request: Request): Response {
  return Response.json({ middleware: request.headers.get("x-from-middleware") });
}
