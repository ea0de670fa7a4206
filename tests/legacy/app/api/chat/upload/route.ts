import { query } from "@/lib/db";
import { bare, endpoint, fixedError } from "@/lib/endpoint";
import { shortId } from "@/lib/ids";

const MOST_BYTES = 10 * 1024 * 1024;
const OFFICE = "application/vnd.openxmlformats-officedocument";
const TYPES = [
  "image/jpeg",
  "image/png",
  "image/gif",
  "image/webp",
  "application/pdf",
  "application/msword",
  `${OFFICE}.wordprocessingml.document`,
  "application/vnd.ms-excel",
  `${OFFICE}.spreadsheetml.sheet`,
];

function checkedFiles(form: FormData): File[] {
  const values = form.getAll("files");
  if (values.length === 0) throw bare(400, "No files provided");
  for (const value of values) {
    if (typeof value === "string") throw bare(400, "File type undefined is not allowed");
    if (value.size > MOST_BYTES) throw bare(400, `File ${value.name} exceeds maximum size of 10MB`);
    if (!TYPES.includes(value.type)) throw bare(400, `File type ${value.type} is not allowed`);
  }
  return values as File[];
}

async function store(file: File) {
  const id = shortId();
  const data = Buffer.from(await file.arrayBuffer()).toString("base64");
  await query(
    `insert into chat_attachments (id, filename, "originalName", "mimeType", size, data, "createdAt")
     values ($1, $2, $2, $3, $4, $5, $6)`,
    [id, file.name, file.type, file.size, data, new Date()],
  );
  const url = `/api/chat/attachments/${id}`;
  return { id, filename: file.name, originalName: file.name, mimeType: file.type, size: file.size, url };
}

/** The header has to be there; its value is not looked at. */
export const POST = endpoint(
  "POST /api/chat/upload",
  async (request) => {
    if (!request.headers.get("authorization")) throw bare(401, "Unauthorized");
    const files = checkedFiles(await request.formData());
    const stored = [];
    for (const file of files) stored.push(await store(file));
    return Response.json({ success: true, files: stored });
  },
  fixedError("Failed to upload files"),
);
