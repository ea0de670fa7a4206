import { randomUUID } from "node:crypto";
import { query, queryOne } from "@/lib/db";
import { bare, endpoint, fixedError } from "@/lib/endpoint";
import { queryText, readLenient } from "@/lib/input";

const MESSAGE = `id, "sessionId", role::text, content, metadata, "timestamp"`;
const DEFAULT_LIMIT = "50";

export const GET = endpoint(
  "GET /api/memory/messages",
  async (request) => {
    const sessionId = queryText(request, "sessionId");
    if (!sessionId) throw bare(400, "Session ID is required");
    const limit = Number.parseInt(queryText(request, "limit") || DEFAULT_LIMIT, 10);
    const messages = await query(
      `select ${MESSAGE} from "BufferMessage" where "sessionId" = $1 order by "timestamp" desc, id limit $2`,
      [sessionId, limit],
    );
    return Response.json({ success: true, messages });
  },
  fixedError("Failed to get messages"),
);

export const POST = endpoint(
  "POST /api/memory/messages",
  async (request) => {
    const { sessionId, role, content, metadata = {} } = await readLenient(request);
    if (!sessionId || !role || !content) throw bare(400, "Missing required fields");
    await query(
      `insert into "MemorySession" (id, "sessionId", metadata, "createdAt", "updatedAt") values ($1, $2, '{}', $3, $3)
       on conflict ("sessionId") do nothing`,
      [randomUUID(), sessionId, new Date()],
    );
    const message = await queryOne<{ id: string }>(
      `insert into "BufferMessage" (id, "sessionId", role, content, metadata, "timestamp") values ($1, $2, $3, $4, $5, $6)
       returning ${MESSAGE}`,
      [randomUUID(), sessionId, role, content, JSON.stringify(metadata), new Date()],
    );
    return Response.json({ success: true, messageId: message?.id, message });
  },
  fixedError("Failed to add message"),
);
