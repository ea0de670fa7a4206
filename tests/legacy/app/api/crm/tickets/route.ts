import { createTicket, listTickets } from "@/lib/crm/tickets";
import { tenantOf } from "@/lib/crm/tenant";
import { corsOptions, endpoint, type Context } from "@/lib/endpoint";
import { integerOr, queryText, readLenient } from "@/lib/input";

export const dynamic = "force-dynamic";

const DEFAULT_LIMIT = 100;

const list = endpoint("GET /api/crm/tickets", async (request) => {
  const text = (key: string) => queryText(request, key);
  const tickets = await listTickets({
    tenantId: await tenantOf(request, text("tenantId")),
    status: text("status"),
    priority: text("priority"),
    type: text("type"),
    assignedToId: text("assignedToId"),
    customerId: text("customerId"),
    search: text("search"),
    limit: integerOr(text("limit"), DEFAULT_LIMIT),
    offset: integerOr(text("offset"), 0),
  });
  return Response.json({ tickets });
});

export async function GET(request: Request, context: Context): Promise<Response> {
  return list(request, context);
}

export const POST = endpoint("POST /api/crm/tickets", async (request) => {
  const body = await readLenient(request);
  const tenantId = await tenantOf(request, body.tenantId);
  return Response.json({ ticket: await createTicket(tenantId, body) });
});

export const OPTIONS = corsOptions();
