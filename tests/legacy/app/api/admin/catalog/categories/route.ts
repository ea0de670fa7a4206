import { requireAdmin, withAuth } from "@/lib/auth";
import { createCategory, listCategories } from "@/lib/catalog";
import { bare, endpoint, Failure, fixedError } from "@/lib/endpoint";
import { asObject } from "@/lib/input";

export const revalidate = 0;

// The list route wraps every refusal in its own text.
export const GET = endpoint(
  "GET /api/admin/catalog/categories",
  async (request) => {
    try {
      return Response.json(await listCategories(requireAdmin(request).tenantId));
    } catch (error) {
      throw error instanceof Failure ? bare(error.status, "Failed to fetch categories: 401 Unauthorized") : error;
    }
  },
  fixedError("Failed to fetch categories: 500 Internal Server Error"),
);

async function bodyOf(request: Request) {
  try {
    return asObject(JSON.parse(await request.text()));
  } catch {
    throw bare(500, "Failed to create category");
  }
}

export const POST = withAuth("POST /api/admin/catalog/categories", async (request, _context, admin) => {
  const body = await bodyOf(request);
  return Response.json(await createCategory(admin.tenantId, body));
});
