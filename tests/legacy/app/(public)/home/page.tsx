import { redirect } from "next/navigation";

/** An address of old: kept for bookmarks. */
export default function OldHome() {
  redirect("/");
}
