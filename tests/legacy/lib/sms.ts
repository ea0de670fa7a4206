import { query } from "./db";

/** Text messages over LabsMobile. The address comes from the settings or the environment, so tests can stand in for it. */

type SmsConfig = { username: string; token: string; senderId: string; url: string };

const CONFIG_KEYS = ["labsmobile_config", "labs_mobile_api_key", "labsmobile_api_key", "labs_mobile", "LABSMOBILE_API_KEY"];
const DEFAULT_URL = "https://api.labsmobile.com/json/send";
const SEND_TIMEOUT_MS = 10_000;

type Stored = { username?: string; token?: string; apiKey?: string; senderId?: string; endpoint?: string; baseUrl?: string };

function asConfig(stored: Stored): SmsConfig | null {
  const username = stored.username?.trim();
  const token = (stored.token ?? stored.apiKey)?.trim();
  if (!username || !token) return null;
  return { username, token, senderId: stored.senderId || "FlowBot", url: stored.endpoint || stored.baseUrl || DEFAULT_URL };
}

/** Read on every request: a change of the settings counts at once. */
export async function smsConfig(): Promise<SmsConfig | null> {
  const rows = await query<{ value: Stored | null }>(
    `select value from system_config where key = any($1) order by array_position($1, key)`,
    [CONFIG_KEYS],
  ).catch(() => []);
  for (const { value } of rows) {
    const config = value && typeof value === "object" ? asConfig(value) : null;
    if (config) return config;
  }
  return asConfig({
    username: process.env.LABSMOBILE_USERNAME,
    token: process.env.LABSMOBILE_TOKEN,
    senderId: process.env.LABSMOBILE_SENDER_ID,
    endpoint: process.env.LABSMOBILE_ENDPOINT,
  });
}

export function codeMessage(code: string, language: unknown): string {
  return language === "en"
    ? `Your FlowBot verification code is ${code}. It expires in 5 minutes.`
    : `Tu código de verificación de FlowBot es ${code}. Caduca en 5 minutos.`;
}

/** A failed delivery is swallowed, as in the legacy system; unlike there, the code stays out of the log. */
export async function sendSms(config: SmsConfig, phone: string, message: string): Promise<void> {
  try {
    const response = await fetch(config.url, {
      method: "POST",
      headers: {
        Authorization: `Basic ${Buffer.from(`${config.username}:${config.token}`).toString("base64")}`,
        "Content-Type": "application/json",
      },
      body: JSON.stringify({ message, tpoa: config.senderId, recipient: [{ msisdn: phone.replace(/\D/g, "") }] }),
      signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
    });
    await response.arrayBuffer();
    if (!response.ok) console.error(`SMS provider answered ${response.status}`);
  } catch (error) {
    console.error(`SMS provider not reached: ${String(error)}`);
  }
}
