import { randomUUID } from "node:crypto";
import { query, queryOne } from "./db";

/** Platform settings: one row per key, written whole. */

/** The first row, in the order of `keys`, whose value is an object. */
export async function readSetting(keys: string[]): Promise<Record<string, unknown> | null> {
  const row = await queryOne<{ value: Record<string, unknown> }>(
    `select value from system_config where key = any($1) and jsonb_typeof(value) in ('object', 'array')
     order by array_position($1, key) limit 1`,
    [keys],
  );
  return row?.value ?? null;
}

export async function writeSetting(key: string, value: Record<string, unknown>): Promise<void> {
  await query(
    `insert into system_config (id, key, value, created_at, updated_at) values ($1, $2, $3, $4, $4)
     on conflict (key) do update set value = excluded.value, updated_at = excluded.updated_at`,
    [randomUUID(), key, value, new Date()],
  );
}
