import { requireHeader } from "@/lib/auth";
import { corsOptions, endpoint } from "@/lib/endpoint";
import { refusedByHybrid } from "@/lib/hybrid-route";
import { listSessions } from "@/lib/whatsapp";

export const dynamic = "force-dynamic";

const list = endpoint(
  "GET /api/whatsapp/sessions",
  async (request) => (await refusedByHybrid(request)) ?? Response.json(await listSessions()),
  () => Response.json({ sessions: [], summary: { total: 0, connected: 0, qrRequired: 0, connecting: 0 } }),
);

// The backend never had it: its 404 is turned into an empty list.
const create = endpoint("POST /api/whatsapp/sessions", async (request) => {
  requireHeader(request);
  return Response.json({ sessions: [] });
});

export { list as GET, create as POST };

export const OPTIONS = corsOptions();
