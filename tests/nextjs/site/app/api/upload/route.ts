import { createHash } from "node:crypto";

/** Says what was uploaded, in a form or bare. */
export async function POST(request: Request): Promise<Response> {
  const isForm = request.headers.get("content-type")?.startsWith("multipart/form-data");
  const file = isForm ? ((await request.formData()).get("file") as File) : await request.blob();
  const digest = createHash("sha256").update(Buffer.from(await file.arrayBuffer()));
  return Response.json({ name: file instanceof File ? file.name : null, size: file.size, sha256: digest.digest("hex") });
}
