import { addComment } from "@/lib/crm/tickets";
import { tenantOf } from "@/lib/crm/tenant";
import { corsOptions, endpoint } from "@/lib/endpoint";
import { readLenient } from "@/lib/input";

const post = endpoint<{ ticketId: string }>("POST /api/crm/tickets/[ticketId]/comments", async (request, { params }) => {
  const { ticketId } = await params;
  const body = await readLenient(request);
  const tenantId = await tenantOf(request, body.tenantId);
  await addComment(ticketId, tenantId, body);
  return Response.json({ success: true });
});

const handlers = { POST: post, OPTIONS: corsOptions() };

export const { POST, OPTIONS } = handlers;
