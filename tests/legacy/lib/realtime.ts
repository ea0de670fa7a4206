import { createHmac } from "node:crypto";
import { readSetting } from "./settings";

/** Soketi (Pusher protocol): what the browser is told, and signatures of channel subscriptions. */

type ServerConfig = { appId: string; key: string; secret: string; host: string; port: number; cluster: string };

const DATABASE_KEYS = ["realtime_config", "soketi_config", "soketi", "realtime", "SOKETI_CONFIG"];

/** All four values have to be set, or realtime is off. */
export function environmentConfig(): ServerConfig | null {
  const appId = process.env.SOKETI_DEFAULT_APP_ID;
  const key = process.env.SOKETI_DEFAULT_APP_KEY;
  const secret = process.env.SOKETI_DEFAULT_APP_SECRET;
  const host = process.env.SOKETI_PUBLIC_HOST;
  if (!appId || !key || !secret || !host) return null;
  const port = Number.parseInt(process.env.SOKETI_PUBLIC_PORT ?? "", 10) || 443;
  return { appId, key: key.trim(), secret: secret.trim(), host, port, cluster: process.env.SOKETI_PUSHER_CLUSTER?.trim() || "mt1" };
}

/** Admins get the stored settings, everybody else the environment; the secret is never part of it. */
export async function browserConfig(isAdmin: boolean) {
  const stored = isAdmin ? await readSetting(DATABASE_KEYS).catch(() => null) : null;
  if (stored && stored.enabled !== false) {
    const { key = "", publicHost = "", publicPort, useTLS, appId = "" } = stored;
    return { key, host: String(publicHost).trim(), port: publicPort || 443, useTLS: useTLS ?? true, appId, cluster: "mt1" };
  }
  const config = environmentConfig();
  if (!config) return null;
  return { key: config.key, host: config.host, port: config.port, useTLS: true, appId: config.appId, cluster: config.cluster };
}

export function signChannel(config: ServerConfig, socketId: string, channel: string, memberJson?: string): string {
  const message = [socketId, channel, ...(memberJson === undefined ? [] : [memberJson])].join(":");
  return `${config.key}:${createHmac("sha256", config.secret).update(message).digest("hex")}`;
}
