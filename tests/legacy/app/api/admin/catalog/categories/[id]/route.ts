import { requireAdmin } from "@/lib/auth";
import { findCategory } from "@/lib/catalog";
import { bare, endpoint, Failure, fixedError } from "@/lib/endpoint";

export const GET = endpoint<{ id: string }>(
  "GET /api/admin/catalog/categories/[id]",
  async (request, { params }) => {
    try {
      const category = await findCategory((await params).id, requireAdmin(request).tenantId);
      if (category) return Response.json(category);
    } catch (error) {
      throw error instanceof Failure ? bare(error.status, `Failed to fetch category: ${error.status}`) : error;
    }
    throw bare(404, "Category not found");
  },
  fixedError("Failed to fetch category"),
);
