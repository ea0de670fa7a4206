"use server";

import { revalidatePath } from "next/cache";

/** Has the news made again. */
export async function publish(): Promise<void> {
  revalidatePath("/news");
}
