import { bare, endpoint, Failure, fixedError } from "@/lib/endpoint";
import { queryText, requireText } from "@/lib/input";
import { listMessages, postMessage, requireThreadHeader, threadUser } from "@/lib/threads";

export const runtime = "nodejs";

export const GET = endpoint(
  "GET /api/chat/user-threads",
  async (request) => {
    requireThreadHeader(request);
    const peerId = queryText(request, "peerId");
    if (!peerId) throw bare(400, "Missing peerId parameter");
    const user = await threadUser(request);
    return Response.json({ success: true, messages: await listMessages(user.id, peerId) });
  },
  fixedError("Internal server error"),
);

type Input = { recipientId?: unknown; content?: unknown; attachments?: { id?: string }[] };

async function bodyOf(request: Request): Promise<Input> {
  try {
    return JSON.parse(await request.text()) as Input;
  } catch (error) {
    throw new Failure(500, { error: "Failed to send message", message: (error as Error).message });
  }
}

export const POST = endpoint(
  "POST /api/chat/user-threads",
  async (request) => {
    requireThreadHeader(request);
    const { recipientId, content, attachments = [] } = await bodyOf(request);
    if (!recipientId || !content) throw bare(400, "Missing recipientId or content");
    const user = await threadUser(request);
    const ids = attachments.flatMap((attachment) => (attachment.id ? [attachment.id] : []));
    const message = await postMessage(user, requireText(recipientId, "recipientId"), requireText(content, "content"), ids);
    return Response.json({ success: true, message });
  },
  fixedError("Internal server error"),
);
