import { SessionError, validateSession } from "../chat-session";
import { bare } from "../endpoint";
import { queryText } from "../input";

const TENANT_REQUIRED = "tenantId is required or a valid session token must be provided";

/** The tenant named by the caller, unchecked, else the one of a chat session. */
export async function tenantOf(request: Request, named: unknown): Promise<string> {
  if (named) {
    if (typeof named !== "string") throw new TypeError("tenantId must be a string");
    return named;
  }
  const fromQuery = request.method === "GET" || request.method === "HEAD" ? queryText(request, "token") : "";
  const header = request.headers.get("authorization") ?? "";
  const token = fromQuery || (header.startsWith("Bearer ") ? header.slice("Bearer ".length) : "");
  const tenantId = token ? await tenantOfSession(token) : null;
  if (!tenantId) throw bare(400, TENANT_REQUIRED);
  return tenantId;
}

async function tenantOfSession(token: string): Promise<string | null> {
  try {
    return (await validateSession(token)).phoneUser.tenantId;
  } catch (error) {
    // Any failure counts as "no session"; one that is not a refusal is worth a line in the log.
    if (!(error instanceof SessionError)) console.error(`session check: ${String(error)}`);
    return null;
  }
}
