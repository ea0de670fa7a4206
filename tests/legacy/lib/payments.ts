import { query, queryOne } from "./db";
import { Failure } from "./endpoint";
import type { Body } from "./input";

/** Payment links, products and the notices of the payment provider (Lyra), unsigned as the legacy system takes them. */

const failure = (statusCode: number, message: string) => new Failure(statusCode, { statusCode, message });

type Image = { url: string; isDefault: boolean; displayOrder: number };
type LinkRow = { product: { name: string; images: Image[] } | null; productName: string | null } & Record<string, unknown>;

export async function showLink(token: string) {
  const row = await queryOne<LinkRow>(
    `select l.id, l.token, l."productName", l."amountCents", l."baseAmountCents", l."taxAmountCents", l."taxRateBps",
       l.currency, l.status::text, l."customerName", l."customerEmail", l."customerPhone", l."customerCountryCode",
       l."expiresAt",
       case when p.id is not null then json_build_object('name', p.name, 'productCode', p."productCode",
         'description', p.description, 'images', coalesce((select json_agg(json_build_object('url', i.url,
           'isDefault', i."isDefault", 'displayOrder', i."displayOrder") order by i."displayOrder", i.id)
           from payment_product_images i where i."productId" = p.id), '[]')) end as product,
       case when t.id is not null then json_build_object('name', t.name, 'displayName', t."displayName",
         'logoUrl', coalesce(t."logoUrl", t.settings #>> '{branding,logoUrl}'), 'logoWidth', t."logoWidth",
         'logoHeight', t."logoHeight") end as tenant
     from payment_links l left join payment_products p on p.id = l."productId" left join tenants t on t.id = l."tenantId"
     where l.token = $1`,
    [token],
  );
  if (!row) return { error: "Payment link not found" };
  const { product, productName, ...link } = row;
  if (!product) {
    const custom = { name: productName || "Custom Product", productCode: "CUSTOM", description: null, imageUrl: null, images: [] };
    return { ...link, product: custom };
  }
  const cover = product.images.find((image) => image.isDefault) ?? product.images[0];
  return { ...link, product: { ...product, imageUrl: cover?.url ?? null } };
}

const TAX = (alias: string) => `json_build_object('id', ${alias}.id, 'name', ${alias}.name, 'description', ${alias}.description,
  'countryCode', ${alias}."countryCode", 'currency', ${alias}.currency, 'rateBps', ${alias}."rateBps",
  'isDefault', ${alias}."isDefault", 'metadata', ${alias}.metadata,
  'createdAt', to_char(${alias}."createdAt", 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  'updatedAt', to_char(${alias}."updatedAt", 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`;

export async function listTaxes() {
  const rows = await query<{ tax: unknown }>(`select ${TAX("t")} as tax from payment_taxes t order by t."createdAt" desc, t.id`);
  return rows.map(({ tax }) => tax);
}

/** Without a tenant: the products of all tenants. */
export async function listProducts(tenantId: string | undefined) {
  return query(
    `select p.id, p."productCode", p.name, p.description, p."amountCents", p."baseAmountCents", p."taxAmountCents",
       p."priceIncludesTax", p.currency, p."isActive", p."createdAt", p."updatedAt", p.metadata, p."taxId",
       case when t.id is not null then ${TAX("t")} end as tax, p."categoryId", p."trackStock",
       coalesce((select json_agg(json_build_object('id', i.id, 'url', i.url, 'displayOrder', i."displayOrder",
         'isDefault', i."isDefault") order by i."createdAt", i.id) from payment_product_images i
         where i."productId" = p.id), '[]') as images
     from payment_products p left join payment_taxes t on t.id = p."taxId"
     where $1::text is null or p."tenantId" = $1 order by p."createdAt" desc, p.id`,
    [tenantId ?? null],
  );
}

type Part = Record<string, unknown> | undefined;

function part(value: unknown, key: string | number): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[key] : undefined;
}

const STATUS: Record<string, string> = {
  PAID: "completed",
  SUCCESS: "completed",
  FAILED: "failed",
  REFUSED: "failed",
  PENDING: "processing",
};

/** The order id of a notice. A genuine notice carries `kr-answer` as text, where none is found. */
function orderIdOf(body: Body, answer: unknown): string {
  const found =
    part(part(answer, "orderDetails"), "orderId") || part(part(body, "orderDetails"), "orderId") || body.orderId ||
    part(part(body, "order"), "orderId");
  return found ? String(found) : "";
}

async function noteTransaction(linkId: string, gatewayId: string, status: string, body: Body): Promise<void> {
  const known = await query(
    `update payment_transactions set status = $1, "rawResponse" = $2 where "paymentLinkId" = $3 and "gatewayId" = $4 returning id`,
    [status, body, linkId, gatewayId],
  );
  // The legacy insert forgets the id and fails after the status was written.
  if (known.length === 0) throw failure(500, "Failed to process webhook: the transaction was not stored");
}

export async function receiveNotice(body: Body, hasBody: boolean): Promise<Part> {
  const answer = body["kr-answer"] || body.kr_answer;
  const orderId = orderIdOf(body, answer);
  if (!orderId) {
    const received = { bodyKeys: Object.keys(body), hasBody };
    return { success: false, message: "Missing orderId in webhook payload", received };
  }
  const linkId = /^order_(.+?)_\d+$/.exec(orderId)?.[1];
  if (!linkId) throw failure(400, "Invalid orderId format");
  const link = await queryOne<{ status: string }>(`select status::text from payment_links where id = $1`, [linkId]);
  if (!link) throw failure(404, "Payment link not found");
  const word = part(answer, "orderStatus") || part(part(part(body, "transactions"), 0), "status") || body.status;
  const status = STATUS[String(word)] ?? link.status;
  if (status !== link.status) {
    await query(`update payment_links set status = $1, "updatedAt" = $2 where id = $3`, [status, new Date(), linkId]);
  }
  const gatewayId =
    part(part(part(answer, "transactions"), 0), "uuid") || part(part(part(body, "transactions"), 0), "uuid") ||
    body.transactionId || body["transaction-id"];
  if (gatewayId) await noteTransaction(linkId, String(gatewayId), status, body);
  return { success: true, message: "Webhook processed successfully", linkId, status };
}
