import { withAuth } from "@/lib/auth";
import { corsOptions } from "@/lib/endpoint";
import { listTaxes } from "@/lib/payments";

export const GET = withAuth("GET /api/admin/payments/taxes", async () =>
  Response.json({ success: true, taxes: await listTaxes() }),
);

export const OPTIONS = corsOptions();
