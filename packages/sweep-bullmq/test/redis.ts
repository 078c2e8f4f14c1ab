import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The server that PRUNE_REDIS_SERVER names, or one that is installed; undefined on a machine without. */
export const redisServer: string | undefined = [
  process.env["PRUNE_REDIS_SERVER"],
  "redis-server",
  "valkey-server",
].find((name) => name !== undefined && spawnSync(name, ["--version"]).status === 0);

export const WITHOUT_REDIS =
  "Tests of queues are skipped: there is no redis-server and no valkey-server. Install one with apt-get install redis-server, or name it in PRUNE_REDIS_SERVER.";

/** A server of its own, which keeps nothing on the disk. */
export interface Redis {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startRedis(executable: string): Promise<Redis> {
  const folder = mkdtempSync(join(tmpdir(), "prune-redis-"));
  const port = await freePort();
  const flags = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder, "--maxmemory-policy", "noeviction"]; // prettier-ignore
  const child = spawn(executable, flags, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (part: Buffer) => (said += part.toString()));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  while (!/ready to accept connections/i.test(said)) {
    if (child.exitCode !== null) throw new Error(`${executable} ended with ${child.exitCode}: ${said}`);
    await sleep(10);
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { readonly port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
