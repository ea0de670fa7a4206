"use server";

import { cookies } from "next/headers";
import { redirect } from "next/navigation";

/** Remembers the guest and goes back: a cookie and a redirect out of one action. */
export async function sign(form: FormData): Promise<void> {
  (await cookies()).set("guest", String(form.get("guest")), { path: "/", httpOnly: true });
  redirect("/guestbook?signed=1");
}

/** An action that is called by a script and returns a value. */
export async function add(sum: number): Promise<{ sum: number }> {
  return { sum: sum + 1 };
}
