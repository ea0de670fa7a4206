import { corsOptions, endpoint } from "@/lib/endpoint";
import { showLink } from "@/lib/payments";

export const GET = endpoint<{ token: string }>("GET /api/payments/link/[token]", async (_request, { params }) =>
  Response.json(await showLink((await params).token)),
);

export const OPTIONS = corsOptions();
