import { requireHeader } from "@/lib/auth";
import { bare, corsOptions, endpoint } from "@/lib/endpoint";
import { refusedByHybrid } from "@/lib/hybrid-route";
import { queryText } from "@/lib/input";
import { sessionStatus } from "@/lib/whatsapp";

export async function GET(request: Request, context: { params: Promise<unknown> }): Promise<Response> {
  return status(request, context);
}

const status = endpoint(
  "GET /api/whatsapp/status",
  async (request) => {
    requireHeader(request);
    const sessionId = queryText(request, "sessionId");
    if (!sessionId) throw bare(400, "sessionId is required");
    return (await refusedByHybrid(request)) ?? Response.json(await sessionStatus(sessionId));
  },
  () => Response.json({ status: "ERROR", socketStatus: "disconnected" }),
);

export const OPTIONS = corsOptions();
