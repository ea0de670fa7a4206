import { cookies } from "next/headers";
import { submitFeedback } from "./actions";

export const metadata = { title: "Feedback" };

const RESULTS: Record<string, string> = {
  stored: "Thank you, your feedback was stored.",
  invalid: "Please choose a rating from 1 to 5.",
  failed: "Your feedback could not be stored. Please try again.",
};

export default async function Feedback({ searchParams }: { searchParams: Promise<{ result?: string }> }) {
  const { result = "" } = await searchParams;
  const last = (await cookies()).get("last-rating")?.value ?? "3";
  return (
    <>
      <h1>Feedback</h1>
      {RESULTS[result] && <p role="status">{RESULTS[result]}</p>}
      <form action={submitFeedback}>
        <label>
          Rating <input name="rating" type="number" min={1} max={5} defaultValue={last} />
        </label>
        <label>
          Text <textarea name="text" rows={4} />
        </label>
        <button type="submit">Send</button>
      </form>
    </>
  );
}
