import { endpoint, named } from "@/lib/endpoint";
import { readStrict } from "@/lib/input";
import { logIn } from "@/lib/login";

export const POST = endpoint("POST /api/v1/auth/admin/login", async (request) => {
  const body = await readStrict(request);
  const session = await logIn(body.email, body.password);
  if (!session) throw named(401, "Invalid credentials");
  return Response.json(session, { status: 201 });
});
