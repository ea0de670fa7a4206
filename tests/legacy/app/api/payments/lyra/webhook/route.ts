import { corsOptions, endpoint } from "@/lib/endpoint";
import { readStrict, type Body } from "@/lib/input";
import { receiveNotice } from "@/lib/payments";

async function formOrJson(request: Request): Promise<Body> {
  const type = request.headers.get("content-type") ?? "";
  if (type.includes("application/x-www-form-urlencoded")) return Object.fromEntries(new URLSearchParams(await request.text()));
  return readStrict(request);
}

export const POST = endpoint(
  "POST /api/payments/lyra/webhook",
  async (request) => Response.json(await receiveNotice(await formOrJson(request), true)),
  (error) => Response.json({ statusCode: 500, message: `Failed to process webhook: ${(error as Error).message}` }, { status: 500 }),
);

export const OPTIONS = corsOptions();
