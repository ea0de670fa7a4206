import { withAuth } from "@/lib/auth";
import { query, queryOne } from "@/lib/db";
import { corsOptions } from "@/lib/endpoint";

type Counts = Record<string, number>;
type Stats = { unique_sessions: number; total_messages: number; oldest_message: Date | null; newest_message: Date | null };

const COUNTS = `select (select count(*)::int from "MemorySession") as "totalSessions",
  (select count(*)::int from "BufferMessage") as "totalMessages",
  (select count(*)::int from "MemoryEntity") as "totalEntities",
  (select count(*)::int from "ConversationSummary") as "totalSummaries",
  (select count(*)::int from "KnowledgeNode") as "totalKnowledgeNodes",
  (select count(*)::int from "KnowledgeRelationship") as "totalKnowledgeRelationships"`;

const STATS = `select count(distinct "sessionId")::int as unique_sessions, count(*)::int as total_messages,
  min("timestamp") as oldest_message, max("timestamp") as newest_message from "BufferMessage"`;

const SESSIONS = `select s."sessionId", s."createdAt",
  (select count(*)::int from "BufferMessage" m where m."sessionId" = s."sessionId") as message_count
  from "MemorySession" s order by s."createdAt" desc, s.id limit 10`;

const MESSAGES = `select role::text, content, "timestamp" from "BufferMessage" order by "timestamp" desc, id limit 10`;

function overview(counts: Counts, connected: boolean, stats: Stats, sessions: unknown[], messages: unknown[]) {
  return {
    overview: counts,
    systemHealth: { databaseConnected: connected, lastUpdated: new Date(), memoryStats: stats },
    recentActivity: { sessions, messages },
  };
}

const NO_STATS: Stats = { unique_sessions: 0, total_messages: 0, oldest_message: null, newest_message: null };
const NO_COUNTS: Counts = {
  totalSessions: 0,
  totalMessages: 0,
  totalEntities: 0,
  totalSummaries: 0,
  totalKnowledgeNodes: 0,
  totalKnowledgeRelationships: 0,
};

export const GET = withAuth(
  "GET /api/admin/memory",
  async () => {
    const counts = (await queryOne<Counts>(COUNTS)) ?? NO_COUNTS;
    const stats = (await queryOne<Stats>(STATS)) ?? NO_STATS;
    return Response.json(overview(counts, true, stats, await query(SESSIONS), await query(MESSAGES)));
  },
  { onError: () => Response.json(overview(NO_COUNTS, false, NO_STATS, [], [])) },
);

export const OPTIONS = corsOptions();
