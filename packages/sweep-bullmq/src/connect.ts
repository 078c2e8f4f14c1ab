import { Redis } from "ioredis";
import { errorNoServer } from "./errors.ts";

/** Longest pause between two attempts to reach a server that was lost, in milliseconds. */
const PAUSE = 5000;

/**
 * A connection to Redis or Valkey. A server that is there at first and then lost is tried again for as long as it takes.
 * @param onLost hears why, each time
 * @throws {PruneError} `io-failed` where none answers
 */
export async function connect(url: string, onLost: (why: string) => void): Promise<Redis> {
  const client = new Redis(url.replace(/^valkey/, "redis"), {
    lazyConnect: true,
    // As BullMQ wants it: commands wait for the server to come back.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(500 * times, PAUSE),
  });
  let last: unknown;
  const onFirst = (error: Error): void => void (last = error);
  client.on("error", onFirst);
  try {
    await client.connect();
  } catch (error) {
    client.disconnect();
    throw errorNoServer(url, last ?? error);
  }
  client.off("error", onFirst);
  client.on("error", (error: Error) => onLost(error.message));
  return client;
}
