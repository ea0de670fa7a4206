import { bare, endpoint } from "@/lib/endpoint";
import { readLenient } from "@/lib/input";
import { markRead, requireThreadHeader, threadUser } from "@/lib/threads";

export const POST = endpoint(
  "POST /api/chat/user-threads/read",
  async (request) => {
    requireThreadHeader(request);
    const { peerId, messageIds } = await readLenient(request);
    if (!peerId || !Array.isArray(messageIds)) throw bare(400, "Missing peerId or messageIds");
    const user = await threadUser(request);
    return Response.json({ success: true, count: await markRead(user.id, messageIds) });
  },
  () => Response.json({ success: false, error: "Internal server error" }, { status: 500 }),
);
