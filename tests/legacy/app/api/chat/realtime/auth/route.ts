import { randomInt } from "node:crypto";
import { validateSession } from "@/lib/chat-session";
import { corsOptions, endpoint } from "@/lib/endpoint";
import { environmentConfig, signChannel } from "@/lib/realtime";

const METHODS = "POST, OPTIONS";
const ALLOWED = "Content-Type, Authorization";
const CORS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Methods": METHODS,
  "Access-Control-Allow-Headers": ALLOWED,
};

const answer = (body: unknown, status = 200) => Response.json(body, { status, headers: CORS });

type Input = { socket_id?: unknown; channel_name?: unknown; channel_data?: unknown };

function parsedMember(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function inputOf(request: Request): Promise<Input | null> {
  const text = await request.text();
  if (request.headers.get("content-type")?.includes("application/x-www-form-urlencoded")) {
    const form = new URLSearchParams(text);
    const data = form.get("channel_data");
    return { socket_id: form.get("socket_id"), channel_name: form.get("channel_name"), channel_data: data ? parsedMember(data) : null };
  }
  try {
    return JSON.parse(text) as Input | null;
  } catch {
    return null;
  }
}

/** A valid chat session makes the generated member "Anonymous" instead of a guest. */
async function generatedMember(request: Request, channel: string) {
  const tenantId = channel.startsWith("presence-tenant.") ? channel.split(".")[1] : null;
  const header = request.headers.get("authorization") ?? "";
  const known = header.startsWith("Bearer ") && (await validateSession(header.slice("Bearer ".length)).catch(() => null));
  if (known) {
    return { user_id: `user_${Date.now()}`, user_info: { name: "Anonymous", email: null, role: "user", tenantId } };
  }
  const guest = `guest_${Date.now()}_${randomInt(36 ** 6).toString(36)}`;
  return { user_id: guest, user_info: { name: "Guest", role: "guest", tenantId } };
}

/** Signs whatever is asked for: the legacy system checks neither the channel nor the caller. */
export const POST = endpoint("POST /api/chat/realtime/auth", async (request) => {
  const input = await inputOf(request);
  if (!input) return answer({ error: "Invalid JSON body" }, 400);
  const { socket_id: socketId, channel_name: channel, channel_data: data } = input;
  if (!socketId || !channel) return answer({ error: "Missing socket_id or channel_name" }, 400);
  const config = environmentConfig();
  if (!config) return answer({ error: "Realtime service unavailable or authorization failed" }, 503);
  if (typeof channel !== "string") {
    const details = "channelName.startsWith is not a function";
    return answer({ error: "Authorization failed", details, type: "server_error" }, 500);
  }
  if (!channel.startsWith("presence-")) return answer({ auth: signChannel(config, String(socketId), channel) });
  const member = JSON.stringify(data || (await generatedMember(request, channel)));
  return answer({ auth: signChannel(config, String(socketId), channel, member), channel_data: member });
});

export async function OPTIONS(): Promise<Response> {
  const response = await corsOptions(METHODS, ALLOWED)();
  response.headers.set("Access-Control-Max-Age", "86400");
  return response;
}
