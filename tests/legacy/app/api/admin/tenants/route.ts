import { withAuth } from "@/lib/auth";
import { corsOptions } from "@/lib/endpoint";
import { listTenants } from "@/lib/tenants";

export const dynamic = "force-dynamic";

export const GET = withAuth("GET /api/admin/tenants", async () => Response.json({ tenants: await listTenants() }), {
  gated: true,
});

export const OPTIONS = corsOptions();
