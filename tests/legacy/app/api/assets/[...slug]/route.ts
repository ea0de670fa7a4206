import { assetResponse, type Asset } from "@/lib/asset-response";
import { queryOne } from "@/lib/db";
import { bare, endpoint } from "@/lib/endpoint";

type Params = { slug: string[] };

/** `/api/assets/{tenant id}/{file name…}`: stored files of a tenant, as bytes. */
const get = endpoint<Params>("GET /api/assets/[...slug]", async (request, { params }) => {
  const [tenantId = "", ...name] = (await params).slug.map(decodeURIComponent);
  const asset = await queryOne<Asset>(
    `select data, "mimeType", "updatedAt" from tenant_logo_assets where "tenantId" = $1 and filename = $2
     order by "createdAt" desc, id limit 1`,
    [tenantId, name.join("/")],
  );
  if (!asset) throw bare(404, "Asset not found");
  return assetResponse(request, asset);
});

export { get as GET };
