import { query, queryOne } from "./db";

/** Reads of the WhatsApp inbox; the sockets themselves belong to a worker outside this app. */

export async function listContacts(sessionId: string) {
  return query(
    `select c.id, c.jid, c.name, c."phoneNumber", c."isGroup", c."isBusiness", c."avatarUrl", c."lastMessageAt",
       c."unreadCount", c."sessionId", c."tenantId",
       case when b.id is not null then json_build_object('id', b.id, 'displayName', b."displayName", 'phone', b.phone,
         'type', b.type) end as "chatbotContact",
       json_build_object('sessionId', s."sessionId", 'phoneNumber', s."phoneNumber", 'name', s.name) as session,
       case when u.id is not null then json_build_object('id', u.id, 'name', u.name) end as assignee
     from whatsapp_contacts c join whatsapp_sessions s on s."sessionId" = c."sessionId"
       left join chatbot_contacts b on b.id = c."chatbotContactId" left join users u on u.id = c."userId"
     where $1 = '' or c."tenantId" = (select "tenantId" from whatsapp_sessions where "sessionId" = $1)
     order by c."lastMessageAt" desc, c.id`,
    [sessionId],
  );
}

type SessionRow = {
  sessionId: string;
  status: string;
  isActive: boolean;
  lastSync: Date;
  lastConnected: Date | null;
  errorMessage: string | null;
  hasCredentials: boolean;
  lastQrCode: string | null;
  config: { routingRule: string; createdAt: string; updatedAt: string } | null;
  messages: number;
  contacts: number;
} & Record<string, unknown>;

const SESSIONS = `select s.id, s."sessionId", s."tenantId", s.name, s."phoneNumber", s.status::text, s."isActive",
  s."browserActive", s."lastSync", s."lastConnected", s."errorMessage", s.creds <> '{}'::jsonb as "hasCredentials",
  s.metadata ->> 'lastQrCode' as "lastQrCode", to_jsonb(f) as config,
  (select count(*)::int from whatsapp_messages m where m."sessionId" = s."sessionId") as messages,
  (select count(*)::int from whatsapp_contacts c where c."sessionId" = s."sessionId") as contacts
  from whatsapp_sessions s left join whatsapp_session_configs f on f."sessionId" = s."sessionId"
  where s."sessionId" not like 'deleted-%' order by s."lastSync" desc, s.id`;

/** PostgreSQL prints a timestamp in JSON without a zone; the answers have UTC with milliseconds. */
function configObject(config: SessionRow["config"]) {
  if (!config) return undefined;
  const utc = (text: string) => new Date(`${text}Z`);
  return { ...config, createdAt: utc(config.createdAt), updatedAt: utc(config.updatedAt) };
}

function sessionObject({ hasCredentials, lastQrCode: _code, config, messages, contacts, ...session }: SessionRow) {
  const { status, isActive, lastConnected, errorMessage, lastSync } = session;
  return {
    ...session,
    routingRule: config?.routingRule ?? "FLOWBOT_FIRST",
    config: configObject(config),
    stats: { messages, contacts },
    timestamps: { createdAt: lastSync, updatedAt: lastSync },
    runtime: {
      socket: {
        status: status.toLowerCase(),
        isActuallyConnected: isActive && status === "CONNECTED",
        socketExists: isActive,
        hasCredentials,
        lastConnectionEventAt: lastConnected,
        lastDisconnectReason: errorMessage,
        lastQRCodeDetectedAt: null,
        reconnectAttempts: 0,
      },
    },
  };
}

export async function listSessions() {
  const rows = await query<SessionRow>(SESSIONS);
  const needsQr = (row: SessionRow) => row.status === "QR_REQUIRED" || Boolean(row.lastQrCode);
  return {
    sessions: rows.map(sessionObject),
    summary: {
      total: rows.length,
      connected: rows.filter((row) => row.status === "CONNECTED").length,
      qrRequired: rows.filter(needsQr).length,
      connecting: rows.filter((row) => row.status === "CONNECTING" && !needsQr(row)).length,
    },
  };
}

const SOCKET: Record<string, string> = { CONNECTED: "connected", QR_REQUIRED: "qr_required", CONNECTING: "connecting" };

export async function sessionStatus(sessionId: string) {
  const row = await queryOne<{ status: string; code: string | null }>(
    `select status::text, metadata ->> 'lastQrCode' as code from whatsapp_sessions where "sessionId" = $1`,
    [sessionId],
  );
  const status = row?.status ?? "DISCONNECTED";
  const qr = row?.code ? { qr: row.code, qrCode: row.code } : {};
  return { status, ...qr, socketStatus: SOCKET[status] ?? "disconnected" };
}
