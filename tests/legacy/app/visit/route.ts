import { cookies } from "next/headers";
import { NextResponse } from "next/server";
import { endpoint } from "@/lib/endpoint";

const YEAR_SECONDS = 365 * 24 * 60 * 60;

/** Sets two cookies of different kinds (one with a date, which holds a comma) and goes home. */
export const GET = endpoint("GET /visit", async () => {
  const jar = await cookies();
  const visits = (Number.parseInt(jar.get("visits")?.value ?? "", 10) || 0) + 1;
  const response = new NextResponse(null, { status: 307, headers: { Location: "/" } });
  response.cookies.set("visits", String(visits), { path: "/", expires: new Date(Date.now() + YEAR_SECONDS * 1000) });
  response.cookies.set("last-visit", new Date().toISOString(), { path: "/", httpOnly: true, sameSite: "lax" });
  return response;
});
