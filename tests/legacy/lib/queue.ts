/** Work that may happen after the answer was sent: one job at a time, a bounded number waiting, the rest dropped and said so. */

type Job = { name: string; run: () => Promise<unknown> };

const MOST_WAITING = 100;
const waiting: Job[] = [];
let running = false;

export function enqueue(name: string, run: Job["run"]): boolean {
  if (waiting.length >= MOST_WAITING) {
    console.error(`queue is full: ${name} was dropped`);
    return false;
  }
  waiting.push({ name, run });
  if (!running) void drain();
  return true;
}

async function drain(): Promise<void> {
  running = true;
  for (let job = waiting.shift(); job; job = waiting.shift()) {
    try {
      await job.run();
    } catch (error) {
      console.error(`job ${job.name} failed: ${String(error)}`);
    }
  }
  running = false;
}
