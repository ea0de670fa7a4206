import { corsOptions, endpoint } from "@/lib/endpoint";
import { findTenant, settingsOf } from "@/lib/tenants";

export const GET = endpoint<{ id: string }>(
  "GET /api/tenants/[id]/customization/public",
  async (_request, { params }) => {
    const tenant = await findTenant((await params).id);
    return Response.json({ customization: settingsOf(tenant?.settings).customization ?? null });
  },
  () => Response.json({ customization: null }),
);

export const OPTIONS = corsOptions();
