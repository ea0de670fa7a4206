import { endpoint } from "@/lib/endpoint";

export const dynamic = "force-dynamic";

/** Says that the process answers. Like the legacy backend's own check it does not look at the database. */
export const GET = endpoint("GET /api/health", async () => {
  const backend = (process.env.NEXT_PUBLIC_BACKEND_URL || process.env.BACKEND_URL || "http://localhost:3001").replace(/\/+$/, "");
  return Response.json({ status: "connected", backend, health: { status: "ok", timestamp: new Date() } });
});
