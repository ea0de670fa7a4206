"use client";

import Link from "next/link";
import { useCallback, useEffect, useState } from "react";
import type { Answer, Operations } from "@/lib/api-types";

type TicketList = Answer<"GET /api/crm/tickets", 200>;
type Ticket = TicketList["tickets"][number];
type Detail = Omit<Ticket, "commentCount" | "attachmentCount"> & { comments: { id: string; content: string }[] };
type Filter = Operations["GET /api/crm/tickets"]["query"];

/** The query string of a list. */
function asked(filter: Filter): URLSearchParams {
  return new URLSearchParams(Object.entries(filter).map(([name, value]) => [name, String(value)]));
}

/** The admin's ticket list. Like the real one it names a tenant and sends no token. */
export function TicketManager() {
  const [tenantKey, setTenantKey] = useState("");
  const [tenantId, setTenantId] = useState("");
  const [tickets, setTickets] = useState<Ticket[]>([]);
  const [detail, setDetail] = useState<Detail | null>(null);
  const [problem, setProblem] = useState("");

  const load = useCallback(async (tenant: string) => {
    const response = await fetch(`/api/crm/tickets?${asked({ tenantId: tenant, limit: 100 })}`);
    if (!response.ok) return setProblem(`The list answered ${response.status}.`);
    setProblem("");
    const list: TicketList = await response.json();
    setTickets(list.tickets);
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
