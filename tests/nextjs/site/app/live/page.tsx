"use client";

import { useEffect, useState } from "react";

function useEvents(): string[] {
  const [events, setEvents] = useState<string[]>([]);
  useEffect(() => {
    const source = new EventSource("/api/events");
    source.onmessage = (event) => {
      setEvents((known) => [...known, `${event.lastEventId}:${event.data}`]);
      if (event.data === "last") source.close();
    };
    return () => source.close();
  }, []);
  return events;
}

function useEcho(): string[] {
  const [messages, setMessages] = useState<string[]>([]);
  useEffect(() => {
    const socket = new WebSocket(`ws://${location.host}/socket?room=1`, ["echo"]);
    socket.onopen = () => {
      socket.send("hello");
      socket.send("x".repeat(70_000));
      socket.send("goodbye");
    };
    socket.onmessage = ({ data }) => setMessages((known) => [...known, data.length > 20 ? `${data.length} characters` : data]);
    socket.onclose = (event) => setMessages((known) => [...known, `closed ${event.code} ${event.reason} ${socket.protocol}`]);
    return () => {
      // In development every effect runs twice; what the first socket has to say is not wanted.
      socket.onclose = null;
      socket.close();
    };
  }, []);
  return messages;
}

export default function Live() {
  const [answer, setAnswer] = useState("");
  const upload = async (form: FormData) => {
    const response = await fetch("/api/upload", { method: "POST", body: form });
    setAnswer(await response.text());
  };
  return (
    <>
      <h1>Live</h1>
      <p id="events">{useEvents().join(" ")}</p>
      <p id="messages">{useEcho().join(", ")}</p>
      <form action={upload}>
        <input name="file" type="file" aria-label="A file" />
        <button type="submit">Upload</button>
      </form>
      <p id="answer">{answer}</p>
    </>
  );
}
