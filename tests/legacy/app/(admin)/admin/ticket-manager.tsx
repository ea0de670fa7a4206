"use client";

import Link from "next/link";
import { useCallback, useEffect, useState } from "react";

type Ticket = { id: string; title: string; status: string; priority: string; customerName: string };
type Detail = Ticket & { comments: { id: string; content: string }[] };

/** The admin's ticket list. Like the real one it names a tenant and sends no token. */
export function TicketManager() {
  const [tenantKey, setTenantKey] = useState("");
  const [tenantId, setTenantId] = useState("");
  const [tickets, setTickets] = useState<Ticket[]>([]);
  const [detail, setDetail] = useState<Detail | null>(null);
  const [problem, setProblem] = useState("");

  const load = useCallback(async (tenant: string) => {
    const response = await fetch(`/api/crm/tickets?tenantId=${encodeURIComponent(tenant)}&limit=100`);
    if (!response.ok) return setProblem(`The list answered ${response.status}.`);
    setProblem("");
    setTickets((await response.json()).tickets);
  }, []);

  useEffect(() => {
    if (tenantId) void load(tenantId);
  }, [tenantId, load]);

  async function chooseTenant() {
    const response = await fetch("/api/tenants/lookup?key=" + encodeURIComponent(tenantKey));
    if (response.ok) setTenantId((await response.json()).tenant.id);
    else setProblem("There is no such tenant.");
  }

  async function open(id: string) {
    const response = await fetch(`/api/crm/tickets/${id}?tenantId=${tenantId}`);
    if (response.ok) setDetail((await response.json()).ticket);
  }

  async function close(id: string) {
    await fetch(`/api/crm/tickets/${id}`, {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ tenantId, status: "closed" }),
    });
    await load(tenantId);
  }

  return (
    <>
      <h1>Tickets</h1>
      <input value={tenantKey} onChange={(event) => setTenantKey(event.target.value)} aria-label="Tenant" />
      <button onClick={chooseTenant}>Show</button>
      {problem && <p role="alert">{problem}</p>}
      <table>
        <tbody>
          {tickets.map((ticket) => (
            <tr key={ticket.id}>
              <td>
                <Link href={`/tickets/${ticket.id}`}>{ticket.title}</Link>
              </td>
              <td>{ticket.customerName}</td>
              <td>{ticket.status}</td>
              <td>
                <button onClick={() => open(ticket.id)}>Details</button>
                <button onClick={() => close(ticket.id)}>Close</button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {detail && (
        <section>
          <h2>{detail.title}</h2>
          <ul>
            {detail.comments.map((comment) => (
              <li key={comment.id}>{comment.content}</li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
