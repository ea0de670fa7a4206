import { requireAdmin, requireHeader } from "@/lib/auth";
import { bare, corsOptions, endpoint, Failure, named } from "@/lib/endpoint";
import { storeLogo } from "@/lib/tenants";

const MIME_TYPES = ["image/png", "image/jpeg", "image/jpg", "image/webp", "image/svg+xml"];
const MOST_BYTES = 5 * 1024 * 1024;
const NOT_A_FORM =
  'Content-Type was not one of "multipart/form-data" or "application/x-www-form-urlencoded".';

async function formOf(request: Request): Promise<FormData> {
  try {
    return await request.formData();
  } catch {
    throw bare(500, NOT_A_FORM);
  }
}

function checkedFile(value: FormDataEntryValue | null): File {
  if (!value) throw bare(400, "No file provided");
  if (typeof value === "string" || !MIME_TYPES.includes(value.type)) {
    throw bare(400, "Unsupported file type. Please upload a PNG, JPG, WEBP, or SVG logo.");
  }
  if (value.size > MOST_BYTES) throw bare(400, "File too large. Please upload a logo smaller than 5MB.");
  return value;
}

export const POST = endpoint("POST /api/admin/tenants/logo", async (request) => {
  requireHeader(request);
  const form = await formOf(request);
  const file = checkedFile(form.get("file"));
  const tenantId = form.get("tenantId");
  try {
    if (typeof tenantId !== "string" || !tenantId) throw named(404, "Cannot POST /api/v1/admin/tenants/logo");
    requireAdmin(request);
    const logoUrl = `data:${file.type};base64,${Buffer.from(await file.arrayBuffer()).toString("base64")}`;
    await storeLogo(tenantId, file.type, logoUrl);
    return Response.json({ logoUrl, mimeType: file.type });
  } catch (error) {
    // The backend's error body arrives as text inside `error`.
    if (error instanceof Failure) throw bare(error.status, JSON.stringify(error.body));
    throw error;
  }
});

export const OPTIONS = corsOptions("POST, OPTIONS");
