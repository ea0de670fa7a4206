import { Pool, types, type PoolClient, type QueryResultRow } from "pg";

// The schema stores UTC in columns without a time zone (oid 1114); the driver would read local time.
const TIMESTAMP_WITHOUT_ZONE = 1114;
types.setTypeParser(TIMESTAMP_WITHOUT_ZONE, (text) => new Date(`${text.replace(" ", "T")}Z`));

const shared = globalThis as typeof globalThis & { legacyPool?: Pool };

/** The one pool of the process. It is made on first use, so that building and starting need no database. */
function pool(): Pool {
  if (shared.legacyPool) return shared.legacyPool;
  const connectionString = process.env.DATABASE_URL;
  if (!connectionString) throw new Error("DATABASE_URL is not set");
  const created = new Pool({ connectionString, max: 10, connectionTimeoutMillis: 3_000, statement_timeout: 10_000 });
  // An idle connection that the server closes must not end the process.
  created.on("error", (error) => console.error("idle database connection lost:", error.message));
  shared.legacyPool = created;
  return created;
}

export function isDatabaseConfigured(): boolean {
  return Boolean(process.env.DATABASE_URL);
}

/** node-postgres reads a Date in local time; the columns hold UTC. */
function toParameter(value: unknown): unknown {
  return value instanceof Date ? value.toISOString().replace("T", " ").replace("Z", "") : value;
}

export async function query<Row extends QueryResultRow>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
  const result = await pool().query<Row>(sql, parameters.map(toParameter));
  return result.rows;
}

export async function queryOne<Row extends QueryResultRow>(sql: string, parameters: unknown[] = []): Promise<Row | null> {
  return (await query<Row>(sql, parameters))[0] ?? null;
}

export type Statement = (sql: string, parameters?: unknown[]) => Promise<void>;

/** Runs `work` in one transaction and rolls it back when it throws. */
export async function transaction<Result>(work: (run: Statement) => Promise<Result>): Promise<Result> {
  const client: PoolClient = await pool().connect();
  try {
    await client.query("begin");
    const result = await work(async (sql, parameters = []) => {
      await client.query(sql, parameters.map(toParameter));
    });
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}
