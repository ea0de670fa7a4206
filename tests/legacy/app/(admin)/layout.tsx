import Link from "next/link";
import type { ReactNode } from "react";

export default function AdminLayout({ children }: { children: ReactNode }) {
  return (
    <>
      <nav>
        <Link href="/admin">Tickets</Link>
        <Link href="/">Back to the site</Link>
      </nav>
      <main>{children}</main>
    </>
  );
}
