import { isDatabaseConfigured, queryOne } from "@/lib/db";

/** Rebuilt at most every ten seconds; in between the cached page is served. */
export const revalidate = 10;
export const metadata = { title: "Status" };

async function openTickets(): Promise<string> {
  if (!isDatabaseConfigured()) return "unknown (no database configured)";
  try {
    const row = await queryOne<{ count: number }>(`select count(*)::int as count from tickets where status = 'open'`);
    return String(row?.count ?? 0);
  } catch {
    return "unknown (the database does not answer)";
  }
}

export default async function Status() {
  const tickets = await openTickets();
  return (
    <>
      <h1>Status</h1>
      <p>Open tickets: {tickets}</p>
      <p>
        Rendered at <time>{new Date().toISOString()}</time>
      </p>
    </>
  );
}
