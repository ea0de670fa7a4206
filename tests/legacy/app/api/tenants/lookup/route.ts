import { bare, endpoint } from "@/lib/endpoint";
import { findTenant, logoUrlOf } from "@/lib/tenants";

export const GET = endpoint(
  "GET /api/tenants/lookup",
  async (request) => {
    const query = new URL(request.url).searchParams;
    const key = query.get("key") || query.get("subdomain") || query.get("id");
    if (!key) throw bare(400, "Missing tenant key (key, subdomain, or id parameter required)");
    const tenant = await findTenant(key);
    if (!tenant) throw bare(404, "Tenant not found");
    const { id, name, subdomain, domain, settings } = tenant;
    return Response.json({ success: true, tenant: { id, name, logoUrl: logoUrlOf(tenant), subdomain, domain, settings } });
  },
  () => Response.json({ error: "Tenant not found" }, { status: 404 }),
);
