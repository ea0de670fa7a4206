import { readSetting } from "./settings";

/** Access to the language model: stored settings first, then the environment. */

export type ModelAccess = { apiKey: string; baseUrl: string };

export const OPENROUTER_KEYS = ["openrouter_config", "openrouter_api_key", "openrouter", "OPENROUTER_API_KEY"];
const DEFAULT_BASE = "https://openrouter.ai/api/v1";

export async function modelAccess(): Promise<ModelAccess | null> {
  const stored = await readSetting(OPENROUTER_KEYS).catch(() => null);
  const storedKey = String(stored?.apiKey || stored?.key || "");
  if (storedKey) return { apiKey: storedKey, baseUrl: String(stored?.baseUrl || DEFAULT_BASE) };
  const apiKey = process.env.OPENROUTER_API_KEY;
  return apiKey ? { apiKey, baseUrl: process.env.OPENROUTER_BASE_URL || DEFAULT_BASE } : null;
}

export type ChatMessage = { role: string; content: string };

export async function callModel(access: ModelAccess, body: Record<string, unknown>, signal?: AbortSignal): Promise<Response> {
  return fetch(`${access.baseUrl.replace(/\/+$/, "")}/chat/completions`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${access.apiKey}`,
      "Content-Type": "application/json",
      "HTTP-Referer": "https://ip-nuo.vercel.app",
      "X-Title": "IP Nuo CRM",
    },
    body: JSON.stringify({ model: "anthropic/claude-3-haiku", ...body }),
    signal,
  });
}
