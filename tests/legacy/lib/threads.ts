import { query, transaction } from "./db";
import { SessionError, validateSession, type LinkedUser } from "./chat-session";
import { bare } from "./endpoint";
import { shortId } from "./ids";

/** Conversations between two users of the app. */

type Message = {
  id: string;
  senderId: string;
  recipientId: string;
  content: string;
  createdAt: Date;
  readAt: Date | null;
  editedAt: Date | null;
};

type Attachment = { id: string; messageId: string; url: string | null };

export function threadKey(one: string, other: string): string {
  return [one, other].sort().join(".");
}

export function requireThreadHeader(request: Request): void {
  if (!request.headers.get("authorization")) throw bare(401, "Unauthorized: No token provided");
}

/** The code of a refused session is lost on the way to the browser. */
export async function threadUser(request: Request): Promise<LinkedUser> {
  const header = request.headers.get("authorization") ?? "";
  if (!header.startsWith("Bearer ")) throw bare(400, "Authorization required");
  try {
    return (await validateSession(header.slice("Bearer ".length))).linked;
  } catch (error) {
    if (error instanceof SessionError) throw bare(error.code === "SESSION_INVALID" ? 401 : 400, error.message);
    throw error;
  }
}

async function withAttachments(messages: Message[]) {
  const rows = await query<Attachment>(
    `select id, "messageId", filename, "originalName", "mimeType", size, url from chat_attachments
     where "messageId" = any($1) order by "createdAt", id`,
    [messages.map((message) => message.id)],
  );
  return messages.map((message) => ({
    ...message,
    attachments: rows
      .filter((row) => row.messageId === message.id)
      .map(({ messageId: _messageId, ...row }) => ({ ...row, url: row.url ?? `/api/chat/attachments/${row.id}` })),
  }));
}

const MESSAGE = `id, "senderId", "recipientId", content, "createdAt", "readAt", "editedAt"`;

export async function listMessages(own: string, peer: string) {
  const messages = await query<Message>(
    `select ${MESSAGE} from tenant_user_chat_messages where "threadKey" = $1 and not "isDeleted" order by "createdAt", id`,
    [threadKey(own, peer)],
  );
  return withAttachments(messages);
}

export async function postMessage(sender: LinkedUser, recipientId: string, content: string, attachmentIds: string[]) {
  const id = shortId();
  await transaction(async (run) => {
    await run(
      `insert into tenant_user_chat_messages (id, "tenantId", "threadKey", "senderId", "recipientId", content, "createdAt")
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [id, sender.tenantId, threadKey(sender.id, recipientId), sender.id, recipientId, content, new Date()],
    );
    await run(`update chat_attachments set "messageId" = $1 where id = any($2) and "messageId" is null`, [id, attachmentIds]);
  });
  const messages = await query<Message>(`select ${MESSAGE} from tenant_user_chat_messages where id = $1`, [id]);
  return (await withAttachments(messages))[0];
}

export async function markRead(own: string, messageIds: string[]): Promise<number> {
  const rows = await query(
    `update tenant_user_chat_messages set "readAt" = $1 where id = any($2) and "recipientId" = $3 and "readAt" is null returning id`,
    [new Date(), messageIds, own],
  );
  return rows.length;
}
