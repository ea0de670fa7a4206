import { requireAdmin } from "@/lib/auth";
import { queryOne } from "@/lib/db";
import { bare, endpoint, Failure, fixedError } from "@/lib/endpoint";

type Counts = { databaseSizeBytes: string } & Record<string, unknown>;

const UNITS = ["B", "KB", "MB", "GB", "TB", "PB"];

function readableSize(bytes: number): string {
  if (bytes <= 0) return "0 B";
  const power = Math.min(Math.floor(Math.log(bytes) / Math.log(1024)), UNITS.length - 1);
  const value = bytes / 1024 ** power;
  return `${value >= 10 || power === 0 ? Math.round(value) : Math.round(value * 10) / 10} ${UNITS[power]}`;
}

const COUNTS = `select (select count(*)::int from tenants) as "totalTenants",
  (select count(*)::int from tenants where "isActive") as "activeTenants",
  (select count(*)::int from users) as "totalUsers",
  (select count(*)::int from trademarks) as "totalTrademarks",
  (select count(*)::int from "MemorySession") as "totalMemorySessions",
  (select count(*)::int from "KnowledgeNode") as "totalKnowledgeNodes",
  pg_database_size(current_database()) as "databaseSizeBytes"`;

export const GET = endpoint(
  "GET /api/admin/system-stats",
  async (request) => {
    try {
      requireAdmin(request);
    } catch (error) {
      throw error instanceof Failure ? bare(error.status, `Failed to fetch system stats: ${error.status}`) : error;
    }
    const { databaseSizeBytes, ...counts } = (await queryOne<Counts>(COUNTS)) ?? { databaseSizeBytes: "0" };
    const bytes = Number(databaseSizeBytes);
    return Response.json({ ...counts, databaseSize: readableSize(bytes), databaseSizeBytes: bytes, timestamp: new Date() });
  },
  fixedError("Failed to fetch system stats: 500"),
);
