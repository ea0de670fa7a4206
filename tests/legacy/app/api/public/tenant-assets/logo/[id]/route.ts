import { queryOne } from "@/lib/db";
import { bare, endpoint } from "@/lib/endpoint";
import { logoUrlOf, type Tenant } from "@/lib/tenants";

const DATA_URL = /^data:([a-zA-Z\-+/]+);base64,(.+)$/;
const notFound = () => bare(404, "Asset not found");

export const GET = endpoint<{ id: string }>(
  "GET /api/public/tenant-assets/logo/[id]",
  async (_request, { params }) => {
    const { id } = await params;
    const tenant = await queryOne<Tenant>(`select id, "logoUrl", settings from tenants where id = $1`, [id]);
    const [, mimeType, data] = DATA_URL.exec((tenant && logoUrlOf(tenant)) ?? "") ?? [];
    if (!mimeType || !data) throw notFound();
    return new Response(Buffer.from(data, "base64"), {
      headers: { "Content-Type": mimeType, "Cache-Control": "public, max-age=31536000, immutable" },
    });
  },
  () => Response.json({ error: "Asset not found" }, { status: 404 }),
);
