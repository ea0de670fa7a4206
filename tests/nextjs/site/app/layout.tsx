import Link from "next/link";
import type { ReactNode } from "react";

export const metadata = { title: "Protocols" };

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <nav>
          <Link href="/">Home</Link> <Link href="/about">About</Link> <Link href="/news">News</Link>{" "}
          <Link href="/guestbook">Guestbook</Link> <Link href="/slow">Slow</Link> <Link href="/live">Live</Link>
        </nav>
        <main>{children}</main>
      </body>
    </html>
  );
}
