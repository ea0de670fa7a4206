import { chatEvents } from "@/lib/chat-stream";
import { corsOptions, endpoint } from "@/lib/endpoint";
import { readLenient } from "@/lib/input";

export const runtime = "nodejs";
export const dynamic = "force-dynamic";
export const maxDuration = 60;

export const POST = endpoint("POST /api/chatbot/stream", async (request) => {
  const stop = new AbortController();
  const events = chatEvents(await readLenient(request), stop.signal);
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await events.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(`data: ${JSON.stringify(value)}\n\n`));
    },
    // The reader went away: the model is not asked for more.
    cancel() {
      stop.abort();
    },
  });
  return new Response(stream, {
    headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-cache", Connection: "keep-alive" },
  });
});

export const OPTIONS = corsOptions();
