import jwt from "jsonwebtoken";
import { queryOne, query } from "./db";
import { bare, endpoint, named, type Context, type Handler, type OnError } from "./endpoint";

/** Bearer tokens of the admin console (HMAC JWT) and the guards in front of the routes. */

export type Principal = { id: string; email?: string; tenantId?: string; role?: string };

const DEVELOPMENT_SECRET = "ipnuo-secret";

/** "Else" means undefined only: an empty NEST_AUTH_SECRET stays empty and login fails, as in the legacy system. */
function secret(): string {
  return process.env.NEST_AUTH_SECRET ?? process.env.NEXTAUTH_SECRET ?? DEVELOPMENT_SECRET;
}

export function issueToken(user: { id: string; email: string; tenantId: string; role: string }): string {
  const lifetime = process.env.AUTH_TOKEN_EXPIRES_IN ?? "1h";
  const claims = { sub: user.id, email: user.email, tenantId: user.tenantId, role: user.role };
  return jwt.sign(claims, secret(), { algorithm: "HS256", expiresIn: lifetime as jwt.SignOptions["expiresIn"] });
}

/** The second word of `Authorization` when the first is exactly `Bearer`. */
export function bearerToken(request: Request): string | null {
  const [scheme, token] = (request.headers.get("authorization") ?? "").split(" ");
  return scheme === "Bearer" && token ? token : null;
}

function verifiedPrincipal(token: string): Principal | null {
  try {
    const claims = jwt.verify(token, secret(), { algorithms: ["HS256", "HS384", "HS512"] });
    if (typeof claims === "string") return null;
    return { id: claims.sub ?? claims.userId ?? "", email: claims.email, tenantId: claims.tenantId, role: claims.role };
  } catch {
    return null;
  }
}

function isAdmin(principal: Principal | null): principal is Principal {
  return principal?.role === "admin" || principal?.role === "super_admin";
}

/** Any valid JWT. */
export function requireUser(request: Request): Principal {
  const token = bearerToken(request);
  if (!token) throw named(401, "No token provided");
  const principal = verifiedPrincipal(token);
  if (!principal) throw named(401, "Invalid token");
  return principal;
}

export function requireAdmin(request: Request): Principal {
  const principal = requireUser(request);
  if (!isAdmin(principal)) throw named(401, "Admin access required");
  return principal;
}

/**
 * An admin JWT or any chat session. A session without a linked admin passes with no principal (null), which is the
 * hole that the contract describes.
 */
export async function requireHybrid(request: Request): Promise<Principal | null> {
  const token = bearerToken(request);
  if (!token) throw named(401, "No token provided");
  const principal = verifiedPrincipal(token);
  if (isAdmin(principal)) return principal;
  const session = await queryOne<{ userId: string; phone: string }>(
    `select s."userId", p.phone from chatbot_phone_sessions s join chatbot_phone_users p on p.id = s."userId"
     where s."sessionToken" = $1 and s."expiresAt" >= $2 and s."revokedAt" is null`,
    [token, new Date()],
  );
  if (!session) throw named(401, "Invalid token or insufficient permissions");
  const admins = await query<Principal & { linked: boolean }>(
    `select id, email, "tenantId", role::text as role, "chatbotPhoneUserId" is not distinct from $1 as linked from users
     where ("chatbotPhoneUserId" = $1 or phone = $2) and role in ('admin', 'super_admin') order by linked desc, id`,
    [session.userId, session.phone],
  );
  return admins[0] ?? null;
}

/** The first check of some proxied routes: the header has to be there, whatever it says. */
export function requireHeader(request: Request): void {
  if (!request.headers.get("authorization")) throw bare(401, "Unauthorized: No token provided");
}

export type AdminHandler<Params> = (request: Request, context: Context<Params>, admin: Principal) => Promise<Response>;

/** Wraps a handler that only an admin may call; `gated` routes look for the header before anything else. */
export function withAuth<Params = unknown>(
  route: string,
  handler: AdminHandler<Params>,
  options: { gated?: boolean; onError?: OnError } = {},
): Handler<Params> {
  const guarded: Handler<Params> = async (request, context) => {
    if (options.gated) requireHeader(request);
    return handler(request, context, requireAdmin(request));
  };
  return endpoint(route, guarded, options.onError);
}
