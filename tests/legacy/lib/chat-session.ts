import { query, queryOne, transaction } from "./db";
import { Failure } from "./endpoint";

/** Sessions of people who logged in with a phone: validation, the link to an app user, and access rules. */

export type SessionCode = "SESSION_INVALID" | "ACCESS_DENIED";

export class SessionError extends Error {
  constructor(
    readonly code: SessionCode,
    message: string,
  ) {
    super(message);
  }

  /** `{"error","code"}` with the status that the calling route gives to this code. */
  as(status: number): Failure {
    return new Failure(status, { error: this.message, code: this.code });
  }
}

export type PhoneUser = {
  id: string;
  phone: string;
  normalizedPhone: string;
  countryCode: string | null;
  tenantId: string | null;
  displayName: string | null;
  email: string | null;
};

export type LinkedUser = {
  id: string;
  email: string;
  name: string | null;
  tenantId: string;
  phone: string | null;
  normalizedPhone: string | null;
  chatbotPhoneUserId: string | null;
  approvalStatus: string;
  status: string;
  chatbotAccessStatus: string;
};

export type ValidSession = { token: string; sessionId: string; expiresAt: Date; phoneUser: PhoneUser; linked: LinkedUser };

const PHONE_USER = `id, phone, "normalizedPhone", "countryCode", "tenantId", "displayName", email`;
const LINKED_USER = `id, email, name, "tenantId", phone, "normalizedPhone", "chatbotPhoneUserId",
  "approvalStatus"::text, status::text, "chatbotAccessStatus"::text`;

const NOT_AUTHORIZED = "No encontramos una cuenta autorizada para este número.";
const PENDING = "Tu acceso al chatbot está pendiente de aprobación. Contacta al administrador.";
const SUSPENDED = "Tu cuenta se encuentra suspendida. Contacta al administrador.";
const REVOKED = "Tu acceso al chatbot fue revocado por un administrador.";

/** A tenant named by id, subdomain or host; anything that fits nothing is the default tenant. */
export async function resolveTenant(input: unknown): Promise<string> {
  if (input === undefined || input === null) return "default";
  if (typeof input !== "string") throw new TypeError("tenant must be a string");
  const key = input.trim();
  if (key === "" || key === "default") return "default";
  const host = (key.replace(/^https?:\/\//i, "").split("/")[0] ?? "").toLowerCase();
  const hosts = [host, host.replace(/:\d+$/, ""), host.replace(/^www\./, "")];
  const found = await queryOne<{ id: string }>(
    `select id from tenants where id = $1 or subdomain = $1 or domain = any($2) limit 1`,
    [key, hosts],
  );
  if (found) return found.id;
  return /^tenant_/i.test(key) || /^[a-z0-9]{12,}$/i.test(key) ? key : "default";
}

async function findLinked(phoneUser: PhoneUser): Promise<LinkedUser> {
  const tenantId = await resolveTenant(phoneUser.tenantId);
  const candidates = await query<LinkedUser>(
    `select ${LINKED_USER} from users where "tenantId" = $1 and ("chatbotPhoneUserId" = $2
       or ($3 <> '' and email ilike $3) or ($4 <> '' and "normalizedPhone" = $4) or ($5 <> '' and phone = $5))
     order by "chatbotPhoneUserId" desc, "updatedAt" desc, id`,
    [tenantId, phoneUser.id, phoneUser.email ?? "", phoneUser.normalizedPhone, phoneUser.phone],
  );
  const match = candidates.find((user) => user.chatbotPhoneUserId === phoneUser.id) ?? candidates[0];
  if (!match) throw new SessionError("ACCESS_DENIED", NOT_AUTHORIZED);
  return match;
}

type Blank = { table: "users" | "chatbot_phone_users"; column: string; id: string; value: string };

function blanksOf(phoneUser: PhoneUser, user: LinkedUser): Blank[] {
  const candidates: [Blank["table"], string, string | null, string | null][] = [
    ["users", "chatbotPhoneUserId", user.chatbotPhoneUserId, phoneUser.id],
    ["users", "phone", user.phone, phoneUser.phone],
    ["users", "normalizedPhone", user.normalizedPhone, phoneUser.normalizedPhone],
    ["users", "name", user.name, phoneUser.displayName],
    ["users", "email", user.email, phoneUser.email],
    ["chatbot_phone_users", "email", phoneUser.email, user.email],
    ["chatbot_phone_users", "displayName", phoneUser.displayName, user.name],
    ["chatbot_phone_users", "tenantId", phoneUser.tenantId, user.tenantId],
  ];
  return candidates.flatMap(([table, column, current, value]) =>
    current?.trim() || !value ? [] : [{ table, column, value, id: table === "users" ? user.id : phoneUser.id }],
  );
}

/** Fills what one side of the link knows and the other does not; writes nothing when nothing is missing. */
async function fillBlanks(blanks: Blank[]): Promise<void> {
  if (blanks.length === 0) return;
  await transaction(async (run) => {
    for (const { table, column, id, value } of blanks) {
      await run(`update ${table} set "${column}" = $1 where id = $2`, [value, id]);
    }
  });
}

function checkAccess(user: LinkedUser): void {
  const denied = (message: string) => new SessionError("ACCESS_DENIED", message);
  if (user.approvalStatus !== "approved") throw denied(PENDING);
  if (user.status === "suspended" || user.status === "inactive") throw denied(SUSPENDED);
  if (user.chatbotAccessStatus === "revoked") throw denied(REVOKED);
  if (user.chatbotAccessStatus !== "approved") throw denied(PENDING);
}

/** The app user behind a phone user, when it may use the chat. Reads both again, as the rows may have changed. */
export async function ensureAccess(phoneUserId: string): Promise<LinkedUser> {
  const phoneUser = await queryOne<PhoneUser>(`select ${PHONE_USER} from chatbot_phone_users where id = $1`, [phoneUserId]);
  if (!phoneUser) throw new SessionError("ACCESS_DENIED", NOT_AUTHORIZED);
  const match = await findLinked(phoneUser);
  await fillBlanks(blanksOf(phoneUser, match));
  const user = await queryOne<LinkedUser>(`select ${LINKED_USER} from users where id = $1`, [match.id]);
  if (!user) throw new SessionError("ACCESS_DENIED", NOT_AUTHORIZED);
  checkAccess(user);
  return user;
}

/** Checks a session token and notes its use. Extending is broken in the legacy system: it fails before the first write. */
export async function validateSession(token: unknown, extend = false): Promise<ValidSession> {
  if (typeof token !== "string" || token === "") throw new SessionError("SESSION_INVALID", "Session token is required");
  const session = await queryOne<{ id: string; userId: string; expiresAt: Date; revokedAt: Date | null }>(
    `select id, "userId", "expiresAt", "revokedAt" from chatbot_phone_sessions where "sessionToken" = $1`,
    [token],
  );
  const now = new Date();
  if (!session || session.revokedAt) throw new SessionError("SESSION_INVALID", "Session not found");
  if (session.expiresAt < now) throw new SessionError("SESSION_INVALID", "Session has expired");
  const linked = await ensureAccess(session.userId);
  if (extend) throw new Error("sessions cannot be extended");
  await query(`update chatbot_phone_sessions set "lastUsedAt" = $1 where id = $2`, [now, session.id]);
  const phoneUser = await queryOne<PhoneUser>(
    `update chatbot_phone_users set "lastActiveAt" = $1 where id = $2 returning ${PHONE_USER}`,
    [new Date(), session.userId],
  );
  if (!phoneUser) throw new SessionError("SESSION_INVALID", "Session not found");
  return { token, sessionId: session.id, expiresAt: session.expiresAt, phoneUser, linked };
}

/** The `user` object of the login answers: blanks of the phone user come from the linked user. */
export function userInAnswers(phoneUser: PhoneUser, linked: LinkedUser): Record<string, unknown> {
  const displayName = phoneUser.displayName ?? linked.name ?? null;
  const email = phoneUser.email ?? linked.email ?? null;
  const phone = phoneUser.phone ?? linked.phone ?? linked.normalizedPhone ?? "";
  return {
    id: phoneUser.id,
    phone,
    normalizedPhone: phoneUser.normalizedPhone ?? linked.normalizedPhone ?? phone,
    countryCode: phoneUser.countryCode,
    tenantId: linked.tenantId ?? phoneUser.tenantId ?? null,
    displayName,
    email,
    profileComplete: Boolean(displayName?.trim() && email?.trim()),
    linkedUserId: linked.id,
  };
}
