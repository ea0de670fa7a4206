import { cookies } from "next/headers";
import { sign } from "./actions";
import { Counter } from "./counter";

export default async function Guestbook() {
  const guest = (await cookies()).get("guest")?.value ?? "nobody";
  return (
    <>
      <h1>Guestbook</h1>
      <p id="guest">Signed by {guest}</p>
      <form action={sign}>
        <input name="guest" aria-label="Your name" />
        <button type="submit">Sign</button>
      </form>
      <Counter />
    </>
  );
}
