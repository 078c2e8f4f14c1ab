/**
 * Runs one job at a time, and of those that come in meanwhile the last alone: a slider asks faster than anybody answers.
 * @returns takes the next job
 */
export function latestOnly(): (job: () => Promise<void>) => void {
  let running = false;
  let next: (() => Promise<void>) | undefined;
  const run = async (job: () => Promise<void>): Promise<void> => {
    running = true;
    try {
      for (let now: typeof next = job; now; now = next) {
        next = undefined;
        await now();
      }
    } finally {
      running = false;
    }
  };
  return (job) => {
    if (running) next = job;
    else void run(job);
  };
}
