import { corsOptions, endpoint } from "@/lib/endpoint";

export const dynamic = "force-dynamic";

export const GET = endpoint("GET /api/chatbot/config", async () => Response.json({ config: null }));

export const OPTIONS = corsOptions();
