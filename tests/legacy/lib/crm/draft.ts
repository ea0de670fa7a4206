import { bare, Failure } from "../endpoint";
import type { Body } from "../input";
import { callModel, modelAccess, type ChatMessage } from "../openrouter";

/** A ticket suggested by the language model from what the agent has on the screen. */

const NO_KEY =
  "OpenRouter API key not configured. Please set OPENROUTER_API_KEY in environment or configure it in Admin > System Settings.";
const UNAVAILABLE = "AI Service temporarily unavailable. Please try again later.";
const SYSTEM =
  "Eres un asistente de CRM. Responde únicamente con un objeto JSON con las claves title (máximo 80 caracteres), description, " +
  "priority (low, medium, high o urgent) y tags. Usa urgent solo si el cliente no puede trabajar o pagar. Etiquetas sugeridas: " +
  "payment, billing, technical, membership, classes, schedule, account, general.";

type Fields = Record<string, string | undefined>;

const fieldsOf = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});
const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : []);

function customerLine(body: Body): string {
  if (!body.customer) return "";
  const { name, email, phone } = fieldsOf(body.customer);
  return `Cliente: ${name}${email ? `, email: ${email}` : ""}${phone ? `, teléfono: ${phone}` : ""}`;
}

function section(heading: string, lines: string[]): string {
  return lines.length > 0 ? [heading, ...lines].join("\n") : "";
}

function userMessage(body: Body): string {
  const tickets = listOf(body.recentTickets).map(({ title, status, priority }) => `- ${title} (${status}, prioridad: ${priority})`);
  const { title, description } = fieldsOf(body.existingDraft);
  const draft = title || description ? [`Título: ${title || "(vacío)"}`, `Descripción: ${description || "(vacío)"}`] : [];
  const talk = listOf(body.conversationContext).map(({ role, content }) => `${role === "user" ? "Cliente" : "Agente"}: ${content}`);
  const sections = [
    customerLine(body),
    section("Tickets recientes del cliente:", tickets),
    section("Borrador actual:", draft),
    section("Conversación reciente:", talk) || "Propón un ticket de soporte genérico.",
  ];
  return sections.filter(Boolean).join("\n\n");
}

async function contentOf(messages: ChatMessage[]): Promise<string> {
  const access = await modelAccess();
  if (!access) throw bare(400, NO_KEY);
  const response = await callModel(access, { messages, temperature: 0.3, max_tokens: 500, stream: false }).catch(() => null);
  if (!response?.ok) throw bare(503, UNAVAILABLE);
  const answer = (await response.json()) as { choices?: { message?: { content?: string } }[] };
  return answer.choices?.[0]?.message?.content ?? "";
}

export async function suggestTicket(body: Body): Promise<unknown> {
  const content = await contentOf([
    { role: "system", content: SYSTEM },
    { role: "user", content: userMessage(body) },
  ]);
  if (!content) throw bare(422, "AI returned empty response");
  try {
    return JSON.parse(content.slice(content.indexOf("{"), content.lastIndexOf("}") + 1));
  } catch {
    throw new Failure(422, { error: "Failed to parse AI response", raw: content });
  }
}
