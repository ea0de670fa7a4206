import { withAuth } from "@/lib/auth";
import { corsOptions } from "@/lib/endpoint";
import { queryText } from "@/lib/input";
import { listContacts } from "@/lib/whatsapp";

export const GET = withAuth(
  "GET /api/whatsapp/contacts",
  async (request) => Response.json({ contacts: await listContacts(queryText(request, "sessionId")) }),
  { onError: () => Response.json({ contacts: [] }) },
);

export const OPTIONS = corsOptions();
