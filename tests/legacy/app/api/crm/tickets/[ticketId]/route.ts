import { showTicket, updateTicket } from "@/lib/crm/tickets";
import { tenantOf } from "@/lib/crm/tenant";
import { corsOptions, endpoint, named } from "@/lib/endpoint";
import { queryText, readLenient } from "@/lib/input";

type Params = { ticketId: string };

export const GET = endpoint<Params>("GET /api/crm/tickets/[ticketId]", async (request, { params }) => {
  const { ticketId } = await params;
  const tenantId = await tenantOf(request, queryText(request, "tenantId"));
  return Response.json({ ticket: await showTicket(ticketId, tenantId) });
});

const update = endpoint<Params>("PUT /api/crm/tickets/[ticketId]", async (request, { params }) => {
  const { ticketId } = await params;
  const body = await readLenient(request);
  const tenantId = await tenantOf(request, body.tenantId);
  await updateTicket(ticketId, tenantId, body);
  return Response.json({ success: true });
});

// The legacy backend never had this method: the answer is the one of its router.
const patch = endpoint<Params>("PATCH /api/crm/tickets/[ticketId]", async (_request, { params }) => {
  throw named(404, `Cannot PATCH /api/v1/crm/tickets/${(await params).ticketId}`);
});

export { update as PUT, patch as PATCH };

export const OPTIONS = corsOptions();
