import Link from "next/link";
import type { ReactNode } from "react";

export default function PublicLayout({ children }: { children: ReactNode }) {
  return (
    <>
      <nav>
        <Link href="/">Home</Link>
        <Link href="/docs/start">Docs</Link>
        <Link href="/status">Status</Link>
        <Link href="/feedback">Feedback</Link>
        <Link href="/chat">Chat</Link>
        <Link href="/admin">Admin</Link>
      </nav>
      <main>{children}</main>
    </>
  );
}
