// A visit to the site with a real browser: node visit.mjs ORIGIN start|dev [FILE TO EDIT]
// Prints what could be observed as JSON, the same for the same app however it is reached. Exits with 1 when a step does not come.
import { readFile, writeFile } from "node:fs/promises";
import chromium from "@sparticuz/chromium";
import { chromium as driver } from "playwright-core";

const [origin, mode, edited] = process.argv.slice(2);
const PATIENCE_MS = 60_000;
const transcript = [];
const complaints = [];
const requests = [];

const note = (step, seen) => transcript.push({ step, ...seen });
const path = (url) => url.slice(new URL(url).origin.length);

// One process for all would end with its first page.
const args = chromium.args.filter((argument) => argument !== "--single-process");
const browser = await driver.launch({ executablePath: await chromium.executablePath(), args, headless: true });
const page = await browser.newPage();
page.setDefaultTimeout(PATIENCE_MS);
page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
page.on("pageerror", (error) => complaints.push(String(error)));
page.on("request", (request) => {
  requests.push({ kind: kindOf(request), method: request.method(), path: path(request.url()).split(/[?&]_rsc=/)[0] });
});

function kindOf(request) {
  const headers = request.headers();
  if (headers["next-router-prefetch"] || headers["next-router-segment-prefetch"]) return "prefetch";
  if (headers["next-action"]) return "action";
  return headers.rsc ? "rsc" : request.resourceType();
}

/** The pages among the requests since the last look: what a click loaded, by kind. */
function loads(kinds) {
  return requests.splice(0).filter(({ kind }) => kinds.includes(kind));
}

async function open(where) {
  // Only then the page is sure to have its scripts.
  const response = await page.goto(origin + where, { waitUntil: "networkidle" });
  return response.status();
}

async function step(name, run) {
  try {
    note(name, await run());
  } catch (error) {
    console.error(`${name}: ${error.message}\n${JSON.stringify(transcript)}\n${complaints.join("\n")}`);
    await browser.close();
    process.exit(1);
  }
}

const heading = (text) => page.getByRole("heading", { name: text, exact: true }).waitFor();

await step("document", async () => {
  const status = await open("/");
  const size = await page.locator("img").evaluate(async (image) => (await image.decode(), [image.naturalWidth, image.naturalHeight]));
  return { status, image: path(await page.locator("img").evaluate((image) => image.currentSrc)), size };
});

// Only what is built is prefetched.
if (mode === "start") {
  await step("prefetch", async () => {
    await page.waitForLoadState("networkidle");
    const paths = new Set(loads(["prefetch"]).map(({ path }) => path));
    return { prefetched: [...paths].sort() };
  });
}

await step("navigation", async () => {
  // A mark that a load of a document would wipe out.
  await page.evaluate(() => (window.mark = "same document"));
  loads([]);
  await page.getByRole("link", { name: "Slow" }).click();
  await page.locator("#late").waitFor();
  const seen = loads(["rsc", "document"]);
  return { seen, mark: await page.evaluate(() => window.mark), url: path(page.url()) };
});

await step("history", async () => {
  await page.goBack();
  await heading("Home");
  return { mark: await page.evaluate(() => window.mark) };
});

await step("streamed document", async () => {
  const status = await open("/slow");
  return { status, late: await page.locator("#late").textContent() };
});

await step("revalidation", async () => {
  await open("/news");
  const before = await page.locator("#edition").textContent();
  loads([]);
  await page.getByRole("button", { name: "Publish" }).click();
  await page.waitForFunction((old) => document.querySelector("#edition")?.textContent !== old, before);
  const actions = loads(["action", "document"]);
  await open("/news");
  const after = await page.locator("#edition").textContent();
  await page.reload();
  const kept = (await page.locator("#edition").textContent()) === after && after !== before;
  // In development a page is made anew for each request.
  return { actions, kept: mode === "start" ? kept : "not asked" };
});

await step("form action", async () => {
  await open("/guestbook");
  loads([]);
  await page.getByLabel("Your name").fill("Ada & Грейс");
  await page.getByRole("button", { name: "Sign" }).click();
  await page.waitForURL("**/guestbook?signed=1");
  await page.waitForFunction(() => document.querySelector("#guest")?.textContent !== "Signed by nobody");
  return { guest: await page.locator("#guest").textContent(), actions: loads(["action", "document"]) };
});

await step("called action", async () => {
  const button = page.locator("#counter");
  await button.click();
  await page.getByRole("button", { name: "Sum 1" }).click();
  await page.getByRole("button", { name: "Sum 2" }).waitFor();
  return { sum: await button.textContent() };
});

await step("events and socket", async () => {
  await open("/live");
  await page.waitForFunction(() => document.querySelector("#events")?.textContent?.includes("2:last"));
  await page.waitForFunction(() => document.querySelector("#messages")?.textContent?.includes("closed"));
  return { events: await page.locator("#events").textContent(), messages: await page.locator("#messages").textContent() };
});

await step("upload", async () => {
  const buffer = Buffer.alloc(300_000, "0123456789");
  await page.getByLabel("A file").setInputFiles({ name: "digits.txt", mimeType: "text/plain", buffer });
  await page.getByRole("button", { name: "Upload" }).click();
  await page.waitForFunction(() => document.querySelector("#answer")?.textContent !== "");
  return { answer: await page.locator("#answer").textContent() };
});

if (mode === "dev") {
  await step("hot replacement", async () => {
    await open("/about");
    await heading("About");
    await page.evaluate(() => (window.mark = "same document"));
    const text = await readFile(edited, "utf8");
    await writeFile(edited, text.replace(">About<", ">About, edited<"));
    try {
      await heading("About, edited");
    } finally {
      await writeFile(edited, text);
    }
    await heading("About");
    return { mark: await page.evaluate(() => window.mark) };
  });
}

note("complaints of the browser", { complaints });
await browser.close();
console.log(JSON.stringify(transcript, null, 1));
