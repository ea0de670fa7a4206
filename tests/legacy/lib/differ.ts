import { readFileSync, statSync } from "node:fs";

/**
 * The switch that makes a route answer differently on purpose, so that shadow comparison has something to find.
 *
 *   LEGACY_DIFFER="GET /api/crm/tickets=wrong-field; POST /api/crm/tickets=wrong-status"
 *
 * The file named by LEGACY_DIFFER_FILE has the same syntax (new lines separate too, `#` starts a comment) and is looked at
 * on every request, so a difference can be switched on and off while the app runs. All body rewriting is in this module.
 */

export type Context<Params = unknown> = { params: Promise<Params> };
export type Handler<Params = unknown> = (request: Request, context: Context<Params>) => Promise<Response>;

type Kind = "wrong-field" | "missing-field" | "wrong-status" | "slow" | "extra-row" | "unordered";
type Rule = { route: string; kind: Kind; argument: string };
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

const KINDS: readonly string[] = ["wrong-field", "missing-field", "wrong-status", "slow", "extra-row", "unordered"];
const DEFAULT_DELAY_MS = 500;
const LONGEST_DELAY_MS = 60_000;

/** Fields that a reader of a report recognises, looked for in this order when the rule names none. */
const TELLING_FIELDS = ["title", "name", "displayName", "content", "status", "email", "message", "success"];

/** `[id]`, `{id}` and `:id` mean the same, as does a trailing slash. */
function canonical(route: string): string {
  const [method = "", path = ""] = route.trim().split(/\s+/, 2);
  const segments = path.replace(/\/+$/, "").split("/").map((segment) => (/^(\[|\{|:)/.test(segment) ? "*" : segment));
  return `${method.toUpperCase()} ${segments.join("/")}`;
}

function parseRules(text: string): Rule[] {
  const rules: Rule[] = [];
  for (const part of text.replace(/#.*$/gm, "").split(/[;\n]/)) {
    const equals = part.lastIndexOf("=");
    if (equals < 0) continue;
    const [kind = "", argument = ""] = part.slice(equals + 1).trim().split(":", 2);
    if (!KINDS.includes(kind)) {
      console.warn(`LEGACY_DIFFER: unknown kind "${kind}" is ignored`);
      continue;
    }
    rules.push({ route: canonical(part.slice(0, equals)), kind: kind as Kind, argument });
  }
  return rules;
}

const cache = { env: { text: "", rules: [] as Rule[] }, file: { stamp: "", rules: [] as Rule[] } };

function rulesOfEnvironment(): Rule[] {
  const text = process.env.LEGACY_DIFFER ?? "";
  if (text !== cache.env.text) cache.env = { text, rules: parseRules(text) };
  return cache.env.rules;
}

function rulesOfFile(): Rule[] {
  const path = process.env.LEGACY_DIFFER_FILE;
  if (!path) return [];
  try {
    const { mtimeMs, size } = statSync(path);
    const stamp = `${path} ${mtimeMs} ${size}`;
    if (stamp !== cache.file.stamp) cache.file = { stamp, rules: parseRules(readFileSync(path, "utf8")) };
    return cache.file.rules;
  } catch {
    return []; // No file means no difference.
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The first list in the answer: the answer itself or one of its fields. */
function listIn(body: Json): Json[] | null {
  if (Array.isArray(body)) return body;
  if (!isObject(body)) return null;
  return (Object.values(body).find(Array.isArray) as Json[] | undefined) ?? null;
}

/** The object whose field is to differ: the first row of a list, else a wrapped record, else the answer itself. */
function recordIn(body: Json): JsonObject | null {
  const nested = isObject(body) ? Object.values(body).find(isObject) : undefined;
  const row = Array.isArray(body) || !nested ? listIn(body)?.find(isObject) : undefined;
  return row ?? nested ?? (isObject(body) ? body : null);
}

function chosenField(record: JsonObject, wanted: string): string | undefined {
  if (wanted) return wanted;
  const keys = Object.keys(record);
  return TELLING_FIELDS.find((field) => keys.includes(field)) ?? keys.find((key) => typeof record[key] === "string") ?? keys[0];
}

function otherValue(value: Json | undefined): Json {
  if (typeof value === "string") return `${value} (differs)`;
  if (typeof value === "number") return value + 1;
  if (typeof value === "boolean") return !value;
  return "differs";
}

/** Rotates by a random distance that is never zero, so two or more different rows are always out of order. */
function shuffle(list: Json[]): void {
  if (list.length < 2) return;
  const distance = 1 + Math.floor(Math.random() * (list.length - 1));
  list.push(...list.splice(0, distance));
}

function addRow(list: Json[]): void {
  const first = list[0];
  list.push(isObject(first) ? { ...first, id: "00000000-0000-4000-8000-00000000e47a" } : { id: "extra-row" });
}

function rewriteBody(body: Json, rule: Rule): void {
  const list = listIn(body);
  if (rule.kind === "unordered" && list) shuffle(list);
  if (rule.kind === "extra-row" && list) addRow(list);
  if (rule.kind !== "wrong-field" && rule.kind !== "missing-field") return;
  const record = recordIn(body);
  const field = record && chosenField(record, rule.argument);
  if (!record || !field) return;
  if (rule.kind === "missing-field") delete record[field];
  else record[field] = otherValue(record[field]);
}

function otherStatus(status: number, wanted: string): number {
  const named = Number.parseInt(wanted, 10);
  if (named >= 200 && named <= 599) return named;
  return status < 300 ? 202 : 422;
}

async function rewriteResponse(response: Response, rules: Rule[]): Promise<Response> {
  const statusRule = rules.find((rule) => rule.kind === "wrong-status");
  const status = statusRule ? otherStatus(response.status, statusRule.argument) : response.status;
  const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  const text = isJson ? await response.text() : "";
  if (!text) return new Response(isJson ? null : response.body, { status, headers: response.headers });
  const body = JSON.parse(text) as Json;
  for (const rule of rules) rewriteBody(body, rule);
  return new Response(JSON.stringify(body), { status, headers: response.headers });
}

function delayOf(rules: Rule[]): number {
  const slow = rules.find((rule) => rule.kind === "slow");
  if (!slow) return 0;
  const wanted = Number.parseInt(slow.argument, 10);
  return Math.min(Number.isNaN(wanted) ? DEFAULT_DELAY_MS : wanted, LONGEST_DELAY_MS);
}

/** Wraps the handler of `route` (`GET /api/crm/tickets/[ticketId]`) with the switch. Without a rule it changes nothing. */
export function differ<Params>(route: string, handler: Handler<Params>): Handler<Params> {
  const key = canonical(route);
  return async (request, context) => {
    const rules = [...rulesOfEnvironment(), ...rulesOfFile()].filter((rule) => rule.route === key);
    if (rules.length === 0) return handler(request, context);
    const delay = delayOf(rules);
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
    const response = await handler(request, context);
    return rules.every((rule) => rule.kind === "slow") ? response : rewriteResponse(response, rules);
  };
}
