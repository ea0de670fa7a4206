import { query, queryOne } from "./db";
import { named } from "./endpoint";
import { nanoId } from "./ids";
import type { Body } from "./input";

/** Catalog categories of one tenant. */

const CATEGORY = `id, "tenantId", name, description, type::text, "parentId", "createdAt", "updatedAt", metadata`;
const FIELDS = ["name", "description", "type", "parentId", "metadata"];
const TYPES = ["PRODUCT", "SERVICE"];

export async function listCategories(tenantId: string | undefined) {
  const rows = await query<{ products: number; children: number }>(
    `select ${CATEGORY}, (select count(*)::int from payment_products where "categoryId" = c.id) as products,
       (select count(*)::int from catalog_categories where "parentId" = c.id) as children
     from catalog_categories c where $1::text is null or "tenantId" = $1 order by name, id`,
    [tenantId ?? null],
  );
  return rows.map(({ products, children, ...category }) => ({
    ...category,
    _count: { paymentProducts: products, children },
  }));
}

export async function findCategory(id: string, tenantId: string | undefined) {
  const category = await queryOne<{ parentId: string | null }>(
    `select ${CATEGORY} from catalog_categories where id = $1 and ($2::text is null or "tenantId" = $2)`,
    [id, tenantId ?? null],
  );
  if (!category) return null;
  const children = await query(`select ${CATEGORY} from catalog_categories where "parentId" = $1 order by id`, [id]);
  const parent = await queryOne(`select ${CATEGORY} from catalog_categories where id = $1`, [category.parentId]);
  return { ...category, children, parent };
}

/** Scalars given for a text become text; null stays null and counts as absent. */
function text(value: unknown): string | null | undefined {
  return value === undefined || value === null ? value : String(value);
}

function problemsOf(body: Body): string[] {
  const problems = Object.keys(body).filter((key) => !FIELDS.includes(key)).map((key) => `property ${key} should not exist`);
  const name = text(body.name);
  if (typeof name !== "string") problems.push("name must be a string");
  if (!name) problems.push("name should not be empty");
  const type = text(body.type);
  if (type !== undefined && type !== null && !TYPES.includes(type)) {
    problems.push("type must be one of the following values: PRODUCT, SERVICE");
  }
  return problems;
}

export async function createCategory(tenantId: string | undefined, body: Body) {
  const problems = problemsOf(body);
  if (problems.length > 0) throw named(400, problems);
  const parentId = text(body.parentId);
  if (parentId) {
    const parent = await queryOne(`select id from catalog_categories where id = $1 and "tenantId" = $2`, [parentId, tenantId]);
    if (!parent) throw named(404, "Parent category not found");
  }
  const metadata = body.metadata === undefined ? null : JSON.stringify(body.metadata);
  return queryOne(
    `insert into catalog_categories (id, "tenantId", name, description, type, "parentId", metadata, "createdAt", "updatedAt")
     values ($1, $2, $3, $4, $5, $6, $7, $8, $8) returning ${CATEGORY}`,
    [nanoId(), tenantId, text(body.name), text(body.description), body.type === undefined ? "PRODUCT" : text(body.type),
      parentId, metadata, new Date()],
  );
}
