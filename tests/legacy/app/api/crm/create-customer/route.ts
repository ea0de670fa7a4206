import { createCustomer } from "@/lib/crm/customers";
import { corsOptions, endpoint, Failure } from "@/lib/endpoint";
import { readLenient } from "@/lib/input";

const refusal = (error: string) => new Failure(400, { success: false, error });

export const POST = endpoint(
  "POST /api/crm/create-customer",
  async (request) => {
    const body = await readLenient(request);
    if (!body.tenantId) throw refusal("Missing tenantId");
    if (!body.name) throw refusal("Missing name");
    return Response.json({ success: true, customer: await createCustomer(body) });
  },
  () => Response.json({ success: false, error: "Internal server error" }, { status: 500 }),
);

export const OPTIONS = corsOptions();
