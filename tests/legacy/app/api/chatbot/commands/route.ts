import { corsOptions, endpoint } from "@/lib/endpoint";

export const dynamic = "force-dynamic";

const commands = endpoint("GET /api/chatbot/commands", async () => Response.json({ commands: [] }));

export { commands as GET };

export const OPTIONS = corsOptions();
