import { suggestTicket } from "@/lib/crm/draft";
import { endpoint } from "@/lib/endpoint";
import { asObject } from "@/lib/input";

export const maxDuration = 60;

/** Unlike its neighbours this route does not forgive malformed JSON. */
export const POST = endpoint(
  "POST /api/crm/tickets/draft",
  async (request) => Response.json({ suggestion: await suggestTicket(asObject(JSON.parse(await request.text()))) }),
  (error) =>
    Response.json({ error: (error as Error).message.replace(/ \(line \d+ column \d+\)$/, "") }, { status: 500 }),
);
