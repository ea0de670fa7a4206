import { requireHeader, requireHybrid } from "./auth";
import { Failure } from "./endpoint";

/** A known fault of two legacy routes: the backend's refusal arrives as an empty 500. Null: the caller may go on. */
export async function refusedByHybrid(request: Request): Promise<Response | null> {
  requireHeader(request);
  try {
    await requireHybrid(request);
    return null;
  } catch (error) {
    if (error instanceof Failure) return new Response(null, { status: 500, headers: { "content-type": "application/json" } });
    throw error;
  }
}
