import { tenantOf } from "@/lib/crm/tenant";
import { bare, corsOptions, endpoint } from "@/lib/endpoint";
import { readLenient } from "@/lib/input";

// Validates and stores nothing: the selection lives in the chat screen.
export const POST = endpoint("POST /api/crm/select-customer", async (request) => {
  const body = await readLenient(request);
  await tenantOf(request, body.tenantId);
  if (!body.sessionId || !body.customerId) throw bare(400, "sessionId and customerId are required");
  return Response.json({ success: true, message: "Customer selected successfully" });
});

export const OPTIONS = corsOptions();
