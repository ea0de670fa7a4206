import { TicketManager } from "./ticket-manager";

export const metadata = { title: "Tickets" };

export default function Admin() {
  return <TicketManager />;
}
