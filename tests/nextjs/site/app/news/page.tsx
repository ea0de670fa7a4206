import { publish } from "./actions";

/** A static page that is made again when it is an hour old, or when somebody publishes. */
export const revalidate = 3600;

export default function News() {
  return (
    <>
      <h1>News</h1>
      <p id="edition">{crypto.randomUUID()}</p>
      <form action={publish}>
        <button type="submit">Publish</button>
      </form>
    </>
  );
}
