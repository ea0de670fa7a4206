import type { Metadata } from "next";
import { notFound } from "next/navigation";

type Props = { params: Promise<{ slug: string[] }> };

const TOPICS: Record<string, string> = {
  start: "Sign in, pick a tenant and open a ticket.",
  "tickets/states": "A ticket is open, in progress, resolved or closed.",
  "chat/login": "A phone number and a six-digit code open the chat.",
};

async function topicOf({ params }: Props): Promise<string> {
  return (await params).slug.map(decodeURIComponent).join("/");
}

export async function generateMetadata(props: Props): Promise<Metadata> {
  return { title: await topicOf(props) };
}

export default async function Docs(props: Props) {
  const topic = await topicOf(props);
  const text = TOPICS[topic];
  if (!text) notFound();
  return (
    <article>
      <h1>{topic}</h1>
      <p>{text}</p>
    </article>
  );
}
