import { requireAdmin } from "@/lib/auth";
import { corsOptions, endpoint } from "@/lib/endpoint";
import { browserConfig } from "@/lib/realtime";

export const dynamic = "force-dynamic";

function isAdmin(request: Request): boolean {
  try {
    return Boolean(requireAdmin(request));
  } catch {
    return false;
  }
}

export const GET = endpoint(
  "GET /api/chat/realtime/config",
  async (request) => {
    const config = await browserConfig(isAdmin(request));
    if (config) return Response.json({ success: true, config });
    const message = "Realtime features are disabled. This is optional for development.";
    return Response.json({ success: false, hasConfig: false, message, config: null });
  },
  () => Response.json({ success: false, message: "Realtime configuration error", config: null }),
);

export const OPTIONS = corsOptions();
