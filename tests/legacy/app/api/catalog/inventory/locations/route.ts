import { requireUser } from "@/lib/auth";
import { query } from "@/lib/db";
import { corsOptions, endpoint } from "@/lib/endpoint";

type Location = { entries: number };

/** Any valid JWT; without a tenant in it, the locations of all tenants. */
export const GET = endpoint("GET /api/catalog/inventory/locations", async (request) => {
  const { tenantId } = requireUser(request);
  const rows = await query<Location>(
    `select l.id, l."tenantId", l.name, l.description, l.address, l."isDefault", l."createdAt", l."updatedAt", l.type::text,
       l."isActive", (select count(*)::int from stock_entries where "locationId" = l.id) as entries
     from stock_locations l where $1::text is null or l."tenantId" = $1 order by l."isDefault" desc, l."createdAt", l.id`,
    [tenantId ?? null],
  );
  return Response.json(rows.map(({ entries, ...location }) => ({ ...location, _count: { stockEntries: entries } })));
});

export const OPTIONS = corsOptions();
