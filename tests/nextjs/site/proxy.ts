import { NextResponse, type NextRequest } from "next/server";

/** What Next.js calls middleware: a redirect, a rewrite, an answer of its own, and headers added on the way in and out. */
export function proxy(request: NextRequest): NextResponse {
  const { pathname } = request.nextUrl;
  if (pathname === "/gate/redirect") {
    const answer = NextResponse.redirect(new URL("/about", request.url));
    answer.cookies.set("gate", "passed", { path: "/" });
    return answer;
  }
  if (pathname === "/gate/rewrite") return NextResponse.rewrite(new URL("/about", request.url));
  if (pathname === "/gate/answer") return NextResponse.json({ by: "middleware" }, { status: 403 });
  const headers = new Headers(request.headers);
  headers.set("x-from-middleware", "yes");
  const answer = NextResponse.next({ request: { headers } });
  answer.headers.set("x-gate", "open");
  return answer;
}

export const config = { matcher: ["/gate/:path*"] };
