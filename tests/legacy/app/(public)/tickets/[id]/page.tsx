import { notFound } from "next/navigation";
import { queryOne } from "@/lib/db";

export const dynamic = "force-dynamic";

type Ticket = { title: string; description: string; status: string; customerName: string; createdAt: Date };

export default async function TicketPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const ticket = await queryOne<Ticket>(
    `select title, description, status::text, "customerName", "createdAt" from tickets where id = $1`,
    [id],
  );
  if (!ticket) notFound();
  return (
    <article>
      <h1>{ticket.title}</h1>
      <p>
        {ticket.customerName}, {ticket.status}, <time>{ticket.createdAt.toISOString()}</time>
      </p>
      <p>{ticket.description}</p>
    </article>
  );
}
