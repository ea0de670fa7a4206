import { connection } from "next/server";
import { Suspense } from "react";

const WAIT_MS = 400;

async function Late() {
  await connection();
  await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  return <p id="late">It has come</p>;
}

/** Its frame is sent at once, the rest when it is there. */
export default async function Slow() {
  await connection();
  return (
    <>
      <h1>Slow</h1>
      <Suspense fallback={<p id="waiting">Please wait</p>}>
        <Late />
      </Suspense>
    </>
  );
}
