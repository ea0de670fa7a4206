import { withAuth } from "@/lib/auth";
import { corsOptions } from "@/lib/endpoint";
import { showTenant } from "@/lib/tenants";

export const GET = withAuth<{ id: string }>(
  "GET /api/admin/tenants/[id]",
  async (_request, { params }) => Response.json(await showTenant((await params).id)),
  { gated: true },
);

export const OPTIONS = corsOptions();
