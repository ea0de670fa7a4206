import { randomUUID } from "node:crypto";
import { query, queryOne } from "../db";
import { named } from "../endpoint";
import { optionalText, requireText, type Body } from "../input";

/** Tickets: reading, creating, changing, commenting. Unknown enum values fail in the database, as they do in legacy. */

type Person = { id: string; email: string; name: string | null };

type TicketRow = {
  id: string;
  tenantId: string;
  type: string;
  title: string;
  description: string;
  status: string;
  priority: string;
  customerId: string;
  customerName: string;
  customerEmail: string | null;
  customerPhone: string | null;
  createdById: string;
  assignedToId: string | null;
  createdAt: Date;
  updatedAt: Date;
  createdBy: Person;
  assignedTo: Person | null;
};

const PERSON = (alias: string) => `json_build_object('id', ${alias}.id, 'email', ${alias}.email, 'name', ${alias}.name)`;

const TICKET = `select t.id, t."tenantId", t.type::text, t.title, t.description, t.status::text, t.priority::text,
  t."customerId", t."customerName", t."customerEmail", t."customerPhone", t."createdById", t."assignedToId",
  t."createdAt", t."updatedAt", ${PERSON("c")} as "createdBy",
  case when a.id is not null then ${PERSON("a")} end as "assignedTo",
  (select count(*)::int from ticket_comments where "ticketId" = t.id) as "commentCount",
  (select count(*)::int from ticket_attachments where "ticketId" = t.id) as "attachmentCount"
  from tickets t join users c on c.id = t."createdById" left join users a on a.id = t."assignedToId"`;

type Counts = { commentCount: number; attachmentCount: number };

/** The part of a ticket that every answer has; the customer is the ticket's own snapshot. */
function ticketBase(row: TicketRow & Counts) {
  const { commentCount: _comments, attachmentCount: _attachments, ...base } = row;
  const customer = row.customerId
    ? { id: row.customerId, name: row.customerName, email: row.customerEmail, phone: row.customerPhone }
    : null;
  return { ...base, customer };
}

export type TicketFilter = {
  tenantId: string;
  status: string;
  priority: string;
  type: string;
  assignedToId: string;
  customerId: string;
  search: string;
  limit: number;
  offset: number;
};

/** A negative limit means the last rows of the ordering; a negative offset is an error of the database. */
export async function listTickets(filter: TicketFilter) {
  const fromTheEnd = filter.limit < 0;
  const direction = fromTheEnd ? "asc" : "desc";
  const rows = await query<TicketRow & Counts>(
    `${TICKET} where t."tenantId" = $1
       and ($2 = '' or t.status = nullif($2, '')::"TicketStatus")
       and ($3 = '' or t.priority = nullif($3, '')::"TicketPriority")
       and ($4 = '' or t.type = nullif($4, '')::"TicketType")
       and ($5 = '' or t."assignedToId" = $5)
       and ($6 = '' or t."customerId" = $6)
       and ($7 = '' or t.title ilike '%' || $7 || '%' or t.description ilike '%' || $7 || '%')
     order by t."createdAt" ${direction}, t.id ${direction} limit $8 offset $9`,
    [filter.tenantId, filter.status, filter.priority, filter.type, filter.assignedToId, filter.customerId, filter.search,
      Math.abs(filter.limit), filter.offset],
  );
  if (fromTheEnd) rows.reverse();
  return rows.map((row) => ({
    ...ticketBase(row),
    commentCount: row.commentCount,
    attachmentCount: row.attachmentCount,
  }));
}

async function findTicket(id: string, tenantId: string): Promise<TicketRow & Counts> {
  const row = await queryOne<TicketRow & Counts>(`${TICKET} where t.id = $1 and t."tenantId" = $2`, [id, tenantId]);
  if (!row) throw named(404, `Ticket with ID ${id} not found for tenant ${tenantId}`);
  return row;
}

export async function showTicket(id: string, tenantId: string) {
  const ticket = await findTicket(id, tenantId);
  const comments = await query(
    `select c.id, c."ticketId", c.content, c."authorId", c."createdAt", ${PERSON("u")} as author
     from ticket_comments c join users u on u.id = c."authorId" where c."ticketId" = $1 order by c."createdAt", c.id`,
    [id],
  );
  const attachments = await query(
    `select id, "ticketId", "originalName" as "fileName", url as "fileUrl", size as "fileSize", "mimeType", "createdAt"
     from ticket_attachments where "ticketId" = $1 order by "createdAt", id`,
    [id],
  );
  return { ...ticketBase(ticket), comments, attachments };
}

type Customer = { name: string; email: string | null; phone: string | null };

/** Looked up in any tenant, which is what the legacy code does. */
async function customerSnapshot(customerId: string): Promise<Customer> {
  const contact = customerId
    ? await queryOne<Customer>(
        `select coalesce(nullif("displayName", ''), 'Unknown') as name, phone, metadata ->> 'email' as email
         from chatbot_contacts where id = $1`,
        [customerId],
      )
    : null;
  return contact ?? { name: "Unknown Customer", email: null, phone: null };
}

export async function createTicket(tenantId: string, body: Body) {
  const customerId = optionalText(body.customerId, "customerId") ?? "";
  const customer = await customerSnapshot(customerId);
  const id = randomUUID();
  const now = new Date();
  await query(
    `insert into tickets (id, "tenantId", type, title, description, status, priority, "customerId", "customerName",
       "customerEmail", "customerPhone", "createdById", "assignedToId", "createdAt", "updatedAt")
     values ($1, $2, $3, $4, $5, 'open', $6, $7, $8, $9, $10, $11, $12, $13, $13)`,
    [id, tenantId, requireText(body.type, "type"), requireText(body.title, "title"),
      optionalText(body.description, "description") ?? "", optionalText(body.priority, "priority") ?? "medium",
      customerId, customer.name, customer.email, customer.phone, requireText(body.createdById, "createdById"),
      optionalText(body.assignedToId, "assignedToId"), now],
  );
  return { ...ticketBase(await findTicket(id, tenantId)), comments: [], attachments: [] };
}

export async function updateTicket(id: string, tenantId: string, body: Body): Promise<void> {
  await findTicket(id, tenantId);
  const columns: [string, unknown][] = [["updatedAt", new Date()]];
  if (body.title) columns.push(["title", requireText(body.title, "title")]);
  if (body.description !== undefined) columns.push(["description", requireText(body.description, "description")]);
  if (body.status) columns.push(["status", requireText(body.status, "status")]);
  if (body.priority) columns.push(["priority", requireText(body.priority, "priority")]);
  if (body.assignedToId !== undefined) columns.push(["assignedToId", optionalText(body.assignedToId, "assignedToId")]);
  const assignments = columns.map(([column], index) => `"${column}" = $${index + 2}`).join(", ");
  await query(`update tickets set ${assignments} where id = $1`, [id, ...columns.map(([, value]) => value)]);
}

/** The author may be a user of any tenant; the ticket's own `updatedAt` stays. */
export async function addComment(id: string, tenantId: string, body: Body): Promise<void> {
  await findTicket(id, tenantId);
  const now = new Date();
  await query(
    `insert into ticket_comments (id, "ticketId", "authorId", content, "isInternal", "isAiGenerated", "createdAt", "updatedAt")
     values ($1, $2, $3, $4, false, false, $5, $5)`,
    [randomUUID(), id, requireText(body.createdById, "createdById"), requireText(body.content, "content"), now],
  );
}
