import { corsOptions, endpoint, Failure } from "@/lib/endpoint";
import { readLenient } from "@/lib/input";
import { requestCode } from "@/lib/otp";

export const maxDuration = 20;

/** A known fault of the legacy route: it reads the refusal for its log and then sends an empty 500. */
const consumed = () => new Response(null, { status: 500, headers: { "content-type": "application/json" } });

export const POST = endpoint(
  "POST /api/chat/otp/request",
  async (request) => {
    try {
      return Response.json(await requestCode(await readLenient(request)));
    } catch (error) {
      if (error instanceof Failure) return consumed();
      throw error;
    }
  },
  consumed,
);

export const OPTIONS = corsOptions();
