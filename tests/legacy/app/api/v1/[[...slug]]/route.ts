import { endpoint, named, type Handler } from "@/lib/endpoint";

/** What is left of the backend's own prefix: its health check, and its answer for everything that it does not know. */
export const runtime = "nodejs";
export const maxDuration = 15;

type Params = { slug?: string[] };

function backend(method: string): Handler<Params> {
  return endpoint<Params>(`${method} /api/v1/[[...slug]]`, async (request, { params }) => {
    const path = ((await params).slug ?? []).join("/");
    if (method === "GET" && (path === "" || path === "health")) {
      return Response.json({ status: "ok", timestamp: new Date() });
    }
    const { pathname, search } = new URL(request.url);
    throw named(404, `Cannot ${method} ${pathname}${search}`);
  });
}

const handlers = { GET: backend("GET"), POST: backend("POST"), PUT: backend("PUT"), PATCH: backend("PATCH"), DELETE: backend("DELETE") };

export const { GET, POST, PUT, PATCH, DELETE } = handlers;
