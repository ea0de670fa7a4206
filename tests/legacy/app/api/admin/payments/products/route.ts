import { requireHybrid } from "@/lib/auth";
import { endpoint } from "@/lib/endpoint";
import { listProducts } from "@/lib/payments";

export const GET = endpoint("GET /api/admin/payments/products", async (request) => {
  const principal = await requireHybrid(request);
  // A chat session without an admin has no tenant to read: the legacy handler crashes.
  if (!principal) throw new Error("no user in the request");
  return Response.json({ success: true, products: await listProducts(principal.tenantId) });
});
