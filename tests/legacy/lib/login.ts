import bcrypt from "bcryptjs";
import { issueToken } from "./auth";
import { queryOne } from "./db";

type UserRow = { id: string; email: string; tenantId: string; role: string; password: string | null };

/** Any user with a password gets a token; the e-mail is matched as a pattern. Null means "wrong credentials". */
export async function logIn(email: unknown, password: unknown) {
  if (typeof email !== "string") throw new TypeError("email must be a string");
  if (password && typeof password !== "string") throw new TypeError("password must be a string");
  const wanted = email.trim().toLowerCase();
  if (!wanted || !password) return null;
  const user = await queryOne<UserRow>(
    `select id, email, "tenantId", role::text as role, password from users where email ilike $1 limit 1`,
    [wanted],
  );
  if (!user?.password || !(await bcrypt.compare(password as string, user.password))) return null;
  const { password: _hash, ...claims } = user;
  return { token: issueToken(user), user: { id: claims.id, email: claims.email, role: claims.role, tenantId: claims.tenantId } };
}
