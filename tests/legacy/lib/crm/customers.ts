import { randomUUID } from "node:crypto";
import { query, queryOne } from "../db";
import { optionalText, requireText, type Body } from "../input";

/** Customers are found in three places: leads, chat contacts and people who logged in by phone. */

export type Customer = {
  id: string;
  tenantId: string;
  name: string;
  email: string | null;
  phone: string | null;
  type: "lead" | "contact";
  status: string | null;
};

const DEFAULT_LIMIT = 25;

type Search = { tenantId: string; phone: string; email: string; search: string; limit: number };

/** Leads have no tenant: every tenant sees those that match. */
async function leads({ tenantId, phone, email, limit }: Search): Promise<Customer[]> {
  if (!phone && !email) return [];
  return query<Customer>(
    `select id, $1::text as "tenantId", name, email, nullif(phone, 'not_provided') as phone, 'lead' as type, status::text
     from application_requests where ($2 <> '' and email = lower($2)) or ($3 <> '' and phone = $3)
     order by "createdAt" desc, id limit $4`,
    [tenantId, email, phone, limit],
  );
}

async function contacts({ tenantId, phone, search, limit }: Search): Promise<Customer[]> {
  return query<Customer>(
    `select c.id, c."tenantId", c."displayName" as name, c.phone, 'contact' as type, null as status,
       (select p.email from chatbot_contact_members m join chatbot_phone_users p on p.id = m."phoneUserId"
        where m."contactId" = c.id and p.email <> '' limit 1) as email
     from chatbot_contacts c where c."tenantId" = $1 and c.type = 'CONTACT' and ($2 = '' or c.phone = $2)
       and ($3 = '' or c."displayName" ilike '%' || $3 || '%' or c.phone ilike '%' || $3 || '%')
     order by c."createdAt" desc, c.id limit $4`,
    [tenantId, phone, search, limit],
  );
}

async function phoneUsers({ tenantId, phone, email, limit }: Search): Promise<Customer[]> {
  if (!phone && !email) return [];
  return query<Customer>(
    `select id, "tenantId", coalesce(nullif("displayName", ''), 'Cliente sin nombre') as name, email, phone,
       'contact' as type, null as status
     from chatbot_phone_users where "tenantId" = $1
       and (($2 <> '' and (phone = $2 or "normalizedPhone" = $2)) or ($3 <> '' and email = lower($3)))
     order by "lastActiveAt" desc, id limit $4`,
    [tenantId, phone, email, limit],
  );
}

/** One customer per e-mail and phone: the last one wins, at the first one's place. */
function withoutDuplicates(customers: Customer[]): Customer[] {
  return [...new Map(customers.map((customer) => [`${customer.email ?? ""}_${customer.phone ?? ""}`, customer])).values()];
}

/** Any failure, a limit that is no number included, gives no customers. */
export async function searchCustomers(tenantId: string, body: Body): Promise<Customer[]> {
  try {
    const limit = body.limit || DEFAULT_LIMIT;
    if (typeof limit !== "number" || limit < 0) throw new TypeError("limit must be a positive number");
    const text = (key: string) => optionalText(body[key], key) ?? "";
    const search: Search = { tenantId, phone: text("phone"), email: text("email"), search: text("search"), limit };
    const found = [...(await leads(search)), ...(await contacts(search))];
    for (const user of await phoneUsers(search)) {
      const known = found.some((one) => (one.email && one.email === user.email) || (one.phone && one.phone === user.phone));
      if (!known) found.push(user);
    }
    return withoutDuplicates(found).slice(0, limit);
  } catch (error) {
    console.error(`customer search: ${String(error)}`);
    return [];
  }
}

/** With a phone an existing contact of the tenant is overwritten, metadata included. */
export async function createCustomer(body: Body): Promise<Customer> {
  const tenantId = requireText(body.tenantId, "tenantId");
  const name = requireText(body.name, "name");
  const email = optionalText(body.email, "email");
  const phone = optionalText(body.phone, "phone");
  const now = new Date();
  const row = await queryOne<{ id: string }>(
    `insert into chatbot_contacts (id, "tenantId", type, "displayName", phone, metadata, "createdAt", "updatedAt")
     values ($1, $2, 'CONTACT', $3, $4, $5, $6, $6)
     on conflict ("tenantId", phone) do update
       set "displayName" = excluded."displayName", metadata = excluded.metadata, "updatedAt" = excluded."updatedAt"
     returning id`,
    [randomUUID(), tenantId, name, phone, email ? { email } : {}, now],
  );
  return { id: row?.id ?? "", tenantId, name, email, phone, type: "contact", status: null };
}
