import { SessionError, validateSession, type PhoneUser } from "./chat-session";
import { query, queryOne } from "./db";
import { bare, endpoint, Failure } from "./endpoint";
import { queryText, readLenient, requireText } from "./input";

/** The profile of a person who logged in by phone. The route module only re-exports these handlers. */

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

function profileOf(user: PhoneUser) {
  return {
    id: user.id,
    displayName: user.displayName,
    email: user.email,
    tenantId: user.tenantId,
    phone: user.phone ?? user.normalizedPhone ?? "",
    countryCode: user.countryCode,
    profileComplete: Boolean(user.displayName?.trim() && user.email?.trim()),
  };
}

function tokenOf(request: Request): string {
  const header = request.headers.get("authorization") ?? "";
  return queryText(request, "token") || (header.startsWith("Bearer ") ? header.slice("Bearer ".length) : "");
}

export const GET = endpoint("GET /api/chat/otp/profile", async (request) => {
  const token = tokenOf(request);
  if (!token) throw bare(400, "Session token is required");
  try {
    return Response.json({ success: true, profile: profileOf((await validateSession(token)).phoneUser) });
  } catch (error) {
    throw error instanceof SessionError ? error.as(error.code === "SESSION_INVALID" ? 401 : 400) : error;
  }
});

export const PUT = endpoint("PUT /api/chat/otp/profile", async (request) => {
  const body = await readLenient(request);
  // A hole of the legacy system, kept on purpose: without a token the first active session of anybody is taken.
  const session = await queryOne<{ userId: string }>(
    `select "userId" from chatbot_phone_sessions 
     where ($1::text is null or "sessionToken" = $1) and "revokedAt" is null and "expiresAt" > $2 limit 1`,
    [typeof body.token === "string" ? body.token : null, new Date()],
  );
  if (!session) throw new SessionError("SESSION_INVALID", "Session not found").as(401);
  const invalid = (error: string) => new Failure(422, { error, code: "PROFILE_INVALID" });
  const displayName = requireText(body.displayName ?? "", "displayName").trim();
  const email = requireText(body.email ?? "", "email").trim().toLowerCase();
  if (!displayName) throw invalid("Full name is required");
  if (!email) throw invalid("Email is required");
  if (!EMAIL.test(email)) throw invalid("Email is invalid");
  const [user] = await query<PhoneUser>(
    `update chatbot_phone_users set "displayName" = $1, email = $2 where id = $3
     returning id, phone, "normalizedPhone", "countryCode", "tenantId", "displayName", email`,
    [displayName, email, session.userId],
  );
  return Response.json({ success: true, profile: user ? profileOf(user) : null });
});
