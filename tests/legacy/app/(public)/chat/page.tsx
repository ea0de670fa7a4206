"use client";

import { useState, type FormEvent } from "react";

const PREFIX = "data: ";

/** The events of one answer, as they arrive. */
async function* eventsOf(response: Response): AsyncGenerator<{ type: string; content?: string; error?: string }> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    const lines = (rest + part.value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith(PREFIX)) yield JSON.parse(line.slice(PREFIX.length));
  }
}

export default function Chat() {
  const [message, setMessage] = useState("");
  const [answer, setAnswer] = useState("");

  async function send(event: FormEvent) {
    event.preventDefault();
    setAnswer("");
    const response = await fetch("/api/chatbot/stream", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ message }),
    });
    for await (const { type, content, error } of eventsOf(response)) {
      if (type === "chunk") setAnswer((text) => text + content);
      if (type === "error") setAnswer(error ?? "");
    }
  }

  return (
    <>
      <h1>Chat</h1>
      <form onSubmit={send}>
        <input value={message} onChange={(event) => setMessage(event.target.value)} aria-label="Message" />
        <button type="submit">Send</button>
      </form>
      <output>{answer}</output>
    </>
  );
}
