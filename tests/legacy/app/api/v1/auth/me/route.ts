import { requireUser } from "@/lib/auth";
import { endpoint } from "@/lib/endpoint";

/** Answered from the claims alone: a user deleted since still gets 200. */
export const GET = endpoint("GET /api/v1/auth/me", async (request) => {
  const { id, email, role, tenantId } = requireUser(request);
  return Response.json({ id, email, role, tenantId });
});
