import type { JobQueue } from "@prune/sweep";
import { Queue } from "bullmq";
import { connect } from "./connect.ts";
import { doWork } from "./do-work.ts";
import { handIn } from "./hand-in.ts";

/** Where a queue is, and how it behaves. */
export interface BullmqOptions {
  /** Such as `redis://localhost:6379`; `rediss:` with TLS, `valkey:` is the same as `redis:`. */
  readonly url: string;
  /** What the sweep is called; the processes of one sweep meet by it. Letters, digits, dots, dashes and underscores. */
  readonly name: string;
  /**
   * A worker holds a job for so long, in milliseconds, and renews that while it lives: a worker that is lost is noticed
   * after one and a half times as much. Default 30,000.
   */
  readonly lease?: number;
  /** Hears when the server is lost; it is tried again for as long as it takes. */
  readonly onLost?: (why: string) => void;
}

/**
 * A queue of jobs in Redis or Valkey, by BullMQ. Results stay there until the sweep has all of them, so that one that
 * was interrupted finds them again.
 * @throws {PruneError} `io-failed` where no server answers
 */
export async function bullmqQueue<R>({
  url,
  name,
  lease = 30_000,
  onLost = () => undefined,
}: BullmqOptions): Promise<JobQueue<R>> {
  const connection = await connect(url, onLost);
  const place = { name: `prune-${name.replaceAll(/[^\w.-]/g, "-")}`, connection, lease };
  return {
    run: (jobs, options) => handIn(place, jobs, options),
    work: (options) => doWork(place, options),
    async workers() {
      const queue = new Queue(place.name, { connection });
      try {
        return await queue.getWorkersCount();
      } finally {
        await queue.close();
      }
    },
    close() {
      connection.disconnect();
      return Promise.resolve();
    },
  };
}
