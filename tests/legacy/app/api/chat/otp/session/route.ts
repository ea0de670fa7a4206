import { SessionError, userInAnswers, validateSession } from "@/lib/chat-session";
import { query } from "@/lib/db";
import { corsOptions, endpoint } from "@/lib/endpoint";
import { readLenient } from "@/lib/input";

const invalid = (message: string) => new SessionError("SESSION_INVALID", message).as(401);

const check = endpoint("POST /api/chat/otp/session", async (request) => {
  const body = await readLenient(request);
  try {
    const { token, sessionId, expiresAt, phoneUser, linked } = await validateSession(body.token, body.extend !== false);
    return Response.json({ success: true, session: { token, sessionId, expiresAt }, user: userInAnswers(phoneUser, linked) });
  } catch (error) {
    if (error instanceof SessionError) throw error.as(error.code === "ACCESS_DENIED" ? 403 : 401);
    throw error;
  }
});

const revoke = endpoint("DELETE /api/chat/otp/session", async (request) => {
  const body = await readLenient(request);
  if (Object.keys(body).length === 0) throw new Error("no body reaches the backend");
  if (typeof body.token !== "string" || body.token === "") throw invalid("Session token is required");
  const revoked = await query(
    `update chatbot_phone_sessions set "revokedAt" = $1 where "sessionToken" = $2 returning id`,
    [new Date(), body.token],
  );
  if (revoked.length === 0) throw invalid("Session not found");
  return Response.json({ success: true });
});

export { check as POST, revoke as DELETE };

export const OPTIONS = corsOptions();
