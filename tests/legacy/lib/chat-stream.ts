import type { Body } from "./input";
import { callModel, modelAccess, type ChatMessage } from "./openrouter";

/** The chatbot's answer as a sequence of events. Failures are events too: the HTTP status is always 200. */

export type StreamEvent = Record<string, unknown> & { type: "chunk" | "complete" | "error" };

type Context = Record<string, unknown>;

const DEFAULT_PROMPT =
  "Eres FlowBot, un asistente cordial que ayuda a clientes con pagos y servicios. Responde de forma clara y breve. " +
  "Si piden un enlace de pago, guíalos por el flujo de pago.";
const ECHO_DELAY_MS = 15;

function historyOf(context: Context): ChatMessage[] {
  const source = context.history || context.messages;
  if (!Array.isArray(source)) return [];
  return source.flatMap((entry) => (entry?.role && entry?.content ? [{ role: entry.role, content: String(entry.content) }] : []));
}

/** A deterministic stand-in for the model: the words of the prompt, one event each. */
async function* echoWords(message: string, signal: AbortSignal): AsyncGenerator<string> {
  for (const word of message.match(/\S+\s*/g) ?? []) {
    await new Promise((resolve) => setTimeout(resolve, ECHO_DELAY_MS));
    if (signal.aborted) return;
    yield word;
  }
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

type Delta = { choices?: { delta?: { content?: string }; finish_reason?: string | null }[] };

function parsedDelta(line: string): Delta | null {
  if (!line.startsWith("data: ") || line.includes("[DONE]")) return null;
  try {
    return JSON.parse(line.slice("data: ".length)) as Delta;
  } catch {
    return null;
  }
}

async function* modelWords(messages: ChatMessage[], signal: AbortSignal): AsyncGenerator<string> {
  const access = await modelAccess();
  if (!access) throw new Error("OpenRouter API key is required but not configured");
  const response = await callModel(access, { messages, temperature: 0.7, max_tokens: 2000, stream: true }, signal);
  if (!response.ok || !response.body) throw new Error(`OpenRouter API error: ${response.status} - ${await response.text()}`);
  for await (const line of linesOf(response.body)) {
    const choice = parsedDelta(line)?.choices?.[0];
    if (choice?.delta?.content) yield choice.delta.content;
    if (choice?.finish_reason) return;
  }
}

export async function* chatEvents(body: Body, signal: AbortSignal): AsyncGenerator<StreamEvent> {
  const message = typeof body.message === "string" ? body.message.trim() : "";
  if (!message) {
    yield { type: "error", error: "Message is required" };
    return;
  }
  const context = (typeof body.conversationContext === "object" ? body.conversationContext : null) as Context | null ?? {};
  const user = { role: "user", content: message };
  const system = { role: "system", content: String(context.systemPrompt || DEFAULT_PROMPT) };
  const words =
    process.env.LEGACY_LLM === "echo" ? echoWords(message, signal) : modelWords([system, ...historyOf(context), user], signal);
  let fullResponse = "";
  try {
    for await (const content of words) {
      fullResponse += content;
      yield { type: "chunk", content };
    }
  } catch (error) {
    yield { type: "error", error: (error as Error).message };
    return;
  }
  const history = [...(Array.isArray(context.history) ? context.history : []), user, { role: "assistant", content: fullResponse }];
  const updatedConversationContext = { ...context, paymentContext: context.paymentContext ?? null, history };
  yield { type: "complete", fullResponse, quickActions: context.quickActions ?? [], updatedConversationContext };
}
