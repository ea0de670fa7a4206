const EVENTS = ["first", "second", "last"];
const PAUSE_MS = 50;

export const dynamic = "force-dynamic";

/** Three server-sent events with pauses, then the end. */
export function GET(): Response {
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      for (const [id, data] of EVENTS.entries()) {
        controller.enqueue(encoder.encode(`id: ${id}\ndata: ${data}\n\n`));
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
      controller.close();
    },
  });
  return new Response(stream, { headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform" } });
}
