import { queryOne } from "@/lib/db";
import { bare, endpoint, fixedError } from "@/lib/endpoint";

type Stored = { originalName: string; mimeType: string; data: string | null };

export const GET = endpoint<{ id: string }>(
  "GET /api/chat/attachments/[id]",
  async (_request, { params }) => {
    const stored = await queryOne<Stored>(`select "originalName", "mimeType", data from chat_attachments where id = $1`, [
      (await params).id,
    ]);
    if (!stored?.data) throw bare(404, "Attachment not found");
    return new Response(Buffer.from(stored.data, "base64"), {
      headers: {
        "Content-Type": stored.mimeType,
        "Content-Disposition": `inline; filename="${stored.originalName}"`,
        "Cache-Control": "public, max-age=31536000, immutable",
      },
    });
  },
  fixedError("Failed to retrieve attachment"),
);
