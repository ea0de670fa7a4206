/** Mail over Brevo's transactional API. Without a key nothing is sent. */

export type Mail = { to: string; subject: string; text: string };

const SEND_TIMEOUT_MS = 10_000;

export async function sendMail(mail: Mail): Promise<boolean> {
  const apiKey = process.env.BREVO_API_KEY;
  if (!apiKey) return false;
  const base = process.env.BREVO_BASE_URL ?? "https://api.brevo.com/v3";
  const response = await fetch(`${base}/smtp/email`, {
    method: "POST",
    headers: { "api-key": apiKey, "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({
      sender: { email: process.env.MAIL_FROM ?? "no-reply@flowcast.example", name: "FlowBot" },
      to: [{ email: mail.to }],
      subject: mail.subject,
      textContent: mail.text,
    }),
    signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
  });
  await response.arrayBuffer();
  return response.ok;
}
