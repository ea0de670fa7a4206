import { corsOptions, endpoint } from "@/lib/endpoint";
import { logIn } from "@/lib/login";

const ANY_ORIGIN = { "Access-Control-Allow-Origin": "*" };

function answer(body: unknown, status = 200): Response {
  return Response.json(body, { status, headers: ANY_ORIGIN });
}

async function bodyOf(request: Request): Promise<unknown> {
  try {
    return JSON.parse(await request.text());
  } catch {
    return null;
  }
}

const login = endpoint(
  "POST /api/auth/login",
  async (request) => {
    const body = await bodyOf(request);
    if (body === null) return answer({ error: "Invalid request" }, 400);
    const { email, password } = body as { email?: unknown; password?: unknown };
    if (!email || !password) return answer({ error: "Email and password are required" }, 400);
    const session = await logIn(email, password);
    return session ? answer(session) : answer({ error: "Invalid credentials" }, 401);
  },
  () => answer({ error: "Internal server error" }, 500),
);

export async function POST(request: Request, context: { params: Promise<unknown> }): Promise<Response> {
  return login(request, context);
}

export const OPTIONS = corsOptions("POST, OPTIONS", "Content-Type");
