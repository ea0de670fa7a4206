import { corsOptions, endpoint } from "@/lib/endpoint";
import { readLenient } from "@/lib/input";
import { verifyCode } from "@/lib/otp";

export const POST = endpoint(
  "POST /api/chat/otp/verify",
  async (request) => Response.json(await verifyCode(await readLenient(request))),
  () =>
    Response.json(
      { message: "Unable to verify verification code", error: "Internal Server Error", statusCode: 500 },
      { status: 500 },
    ),
);

export const OPTIONS = corsOptions();
