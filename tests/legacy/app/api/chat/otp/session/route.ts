import { SessionError, userInAnswers, validateSession } from "@/lib/chat-session";
import { query } from "@/lib/db";
import { corsOptions, endpoint } from "@/lib/endpoint";
import { readLenient } from "@/lib/input";

const invalid = (message: string) => new SessionError("SESSION_INVALID", message).as(401);

const check = endpoint("POST /api/chat/otp/session", async (request) => {
  const body = await readLenient(request);
  try {
    const session = await validateSession(body.token);
    // Extending a session is broken in the legacy system: it answers an internal error.
    if (body.extend !== false) throw new Error("sessions cannot be extended");
    const { token, sessionId, expiresAt, phoneUser, linked } = session;
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
