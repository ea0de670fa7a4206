"use server";

import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import { query, queryOne } from "@/lib/db";
import { shortId } from "@/lib/ids";
import { sendMail } from "@/lib/mail";
import { enqueue } from "@/lib/queue";

const LOWEST = 1;
const HIGHEST = 5;
const REMEMBER_SECONDS = 30 * 24 * 60 * 60;

type Tenant = { id: string; contactEmail: string | null };

async function store(rating: number, text: string): Promise<Tenant> {
  const tenant = await queryOne<Tenant>(`select id, "contactEmail" from tenants where "isActive" order by "createdAt", id limit 1`);
  if (!tenant) throw new Error("there is no tenant to give feedback to");
  await query(
    `insert into chatbot_feedback (id, "tenantId", "userId", rating, feedback, tags) values ($1, $2, 'visitor', $3, $4, $5)`,
    [shortId(), tenant.id, rating, text, ["web"]],
  );
  return tenant;
}

function tell(tenant: Tenant, rating: number, text: string): void {
  const to = tenant.contactEmail;
  if (to) enqueue("feedback mail", () => sendMail({ to, subject: `Feedback: ${rating} of ${HIGHEST}`, text }));
}

/** Stores the form, remembers the rating in a cookie and goes back to the page. */
export async function submitFeedback(form: FormData): Promise<void> {
  const rating = Number.parseInt(String(form.get("rating") ?? ""), 10);
  const text = String(form.get("text") ?? "").trim();
  if (!(rating >= LOWEST && rating <= HIGHEST)) redirect("/feedback?result=invalid");
  const tenant = await store(rating, text).catch((error) => {
    console.error(`feedback was not stored: ${String(error)}`);
    return null;
  });
  if (!tenant) redirect("/feedback?result=failed");
  tell(tenant, rating, text);
  (await cookies()).set("last-rating", String(rating), { path: "/", maxAge: REMEMBER_SECONDS, sameSite: "lax" });
  redirect("/feedback?result=stored");
}
