import { differ, type Handler } from "./differ";

export type { Context, Handler } from "./differ";

const STATUS_NAMES: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
};

/** A failure that already knows its answer; thrown where it is found, turned into a response by `endpoint`. */
export class Failure extends Error {
  constructor(
    readonly status: number,
    readonly body: unknown,
  ) {
    super(`answered ${status}`);
  }
}

/** The envelope with three keys: `{"message","error","statusCode"}`. */
export function named(status: number, message: string | string[]): Failure {
  return new Failure(status, { message, error: STATUS_NAMES[status] ?? "Error", statusCode: status });
}

/** The bare envelope: `{"error"}`. */
export function bare(status: number, error: string): Failure {
  return new Failure(status, { error });
}

export type OnError = (error: unknown) => Response | Promise<Response>;

/** What most areas answer to anything unexpected, a database error included. */
export const internalError: OnError = () =>
  Response.json({ statusCode: 500, message: "Internal server error" }, { status: 500 });

/** Areas whose 500 is a fixed text: `{"error":"…"}`. */
export function fixedError(error: string): OnError {
  return () => Response.json({ error }, { status: 500 });
}

/**
 * Every route handler goes through here: `route` is its method and path pattern, `onError` the 500 of its area. The
 * switch is outermost, so it sees failures too.
 */
export function endpoint<Params = unknown>(
  route: string,
  handler: Handler<Params>,
  onError: OnError = internalError,
): Handler<Params> {
  return differ<Params>(route, async (request, context) => {
    try {
      return await handler(request, context);
    } catch (error) {
      if (error instanceof Failure) return Response.json(error.body, { status: error.status });
      console.error(`${route}: ${error instanceof Error ? error.message : String(error)}`);
      return onError(error);
    }
  });
}

/** The preflight answer of most areas. */
export function corsOptions(methods = "GET, POST, PUT, DELETE, PATCH, OPTIONS", headers = "Content-Type, Authorization") {
  return async function OPTIONS(): Promise<Response> {
    return new Response(null, {
      status: 200,
      headers: {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": headers,
      },
    });
  };
}
