import { withAuth } from "@/lib/auth";
import { corsOptions } from "@/lib/endpoint";
import { readLenient, requireText } from "@/lib/input";
import { OPENROUTER_KEYS } from "@/lib/openrouter";
import { readSetting, writeSetting } from "@/lib/settings";

const show = withAuth("GET /api/admin/system/openrouter", async () => {
  const stored = await readSetting(OPENROUTER_KEYS);
  const config = stored && { apiKey: stored.apiKey || stored.key || "", baseUrl: stored.baseUrl };
  return Response.json({ exists: config !== null, config });
});

const store = withAuth("PUT /api/admin/system/openrouter", async (request) => {
  const body = await readLenient(request);
  const apiKey = requireText(body.apiKey, "apiKey").trim();
  const baseUrl = typeof body.baseUrl === "string" ? body.baseUrl.trim() : "";
  await writeSetting("openrouter_config", baseUrl ? { apiKey, baseUrl } : { apiKey });
  return Response.json({ config: { apiKey, baseUrl: body.baseUrl } });
});

export { show as GET, store as PUT };

export const OPTIONS = corsOptions();
