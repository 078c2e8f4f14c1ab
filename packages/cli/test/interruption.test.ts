import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { FullReport } from "../src/actions/full-report.ts";
import { fixture, json, prune, temporaryFolder } from "./command.ts";
import { writeLastImages } from "./images.ts";
import { killAfter, start, until, untilExists } from "./processes.ts";

const at = temporaryFolder();
const files = ["out.onnx", "report.json", "state.bin"] as const;
const [out, report, checkpoint] = files.map((name) => at(name)) as [string, string, string];

/** Training in steps of one sample, so that an epoch takes long enough to be ended in the middle. */
const training = [
  ...["run", fixture("fashion_mlp.onnx"), "-o", out, "--target", "macs=0.3", "--report", report, "--threads", "1"],
  ...["--calib", at("images.npz"), "--recover", "finetune:batchSize=1", "--epochs", "3", "--lr", "1e-4"],
  ...["--eval", at("images.npz")],
];

/** What it gives when nothing disturbs it. */
/** A report but for where it was made, which states the command: one names a checkpoint, the other none. */
function withoutCommand({ environment, ...report }: FullReport): Omit<FullReport, "environment"> {
  expect(environment?.command).toContain("run");
  return report;
}

let undisturbed: { readonly bytes: Buffer; readonly report: FullReport; readonly milliseconds: number };

beforeAll(async () => {
  writeLastImages(300, at("images.npz"));
  const started = performance.now();
  const { ended, stderr } = start(training);
  expect([await ended, stderr()]).toEqual([0, ""]);
  undisturbed = { bytes: readFileSync(out), report: json(report), milliseconds: performance.now() - started };
}, 120_000);

beforeEach(() => files.forEach((name) => rmSync(at(name), { force: true })));

describe("Ctrl-C while a network is trained", { timeout: 240_000 }, () => {
  test("keeps the best weights, finishes, says so; and the training can go on where it was", async () => {
    const argv = [...training, "--checkpoint", checkpoint];
    const running = start(argv);
    await untilExists(checkpoint, running); // the first epoch is over
    running.child.kill("SIGINT");
    expect([await running.ended, running.stderr()]).toEqual([0, `prune: ${NOTE}\n`]);
    const interrupted = json<FullReport>(report);
    expect(interrupted.interrupted).toBe(true);
    expect(interrupted.recovery![0]!.notes).toMatchObject({ interrupted: true, remarks: [expect.stringMatching(/^Training ended in epoch [23] of 3: it was interrupted\.$/)] }); // prettier-ignore
    expect(interrupted.verification).toMatchObject({ exact: true });
    expect((await prune("inspect", out)).code).toBe(0);
    expect(readFileSync(out).equals(undisturbed.bytes)).toBe(false);

    const rest = start(argv);
    expect(await rest.ended).toBe(0);
    expect(readFileSync(out).equals(undisturbed.bytes)).toBe(true);
    expect(withoutCommand(json(report))).toEqual(withoutCommand(undisturbed.report));
  });

  test("a second time stops at once: exit code 130, and nothing is written", async () => {
    const before = readdirSync(at());
    const running = start([...training, "--checkpoint", checkpoint]);
    await untilExists(checkpoint, running);
    rmSync(checkpoint);
    running.child.kill("SIGINT");
    await until(() => running.stderr().includes(NOTE), running);
    running.child.kill("SIGINT");
    expect(await running.ended).toBe(130);
    // The checkpoint of the first time may be there, whole.
    expect(readdirSync(at()).filter((name) => name !== "state.bin")).toEqual(before);
  });

  test("before there is anything to keep, the first time stops it", async () => {
    const { child, ended, stderr } = start(training);
    child.kill("SIGINT");
    // As long as Node.js itself starts, the signal ends it; then the command does, with 130.
    expect([130, "SIGINT"]).toContain(await ended);
    expect([stderr(), existsSync(out)]).toEqual(["", false]);
  });
});

const NOTE = "interrupted, finishing with the best so far; a second time stops at once";

describe("a training that is killed", { timeout: 240_000 }, () => {
  test("at several moments goes on from its checkpoint to the same result, bit for bit", async () => {
    const argv = [...training, "--checkpoint", checkpoint];
    const moments: number[] = [];
    for (let i = 0; i < 3; i++) {
      moments.push(undisturbed.milliseconds * (0.3 + 0.6 * Math.random()));
      await killAfter(moments.at(-1)!, argv);
    }
    const last = start(argv);
    expect([await last.ended, moments.length], `killed after ${moments.join(", ")} ms: ${last.stderr()}`).toEqual([0, 3]); // prettier-ignore
    expect(readFileSync(out).equals(undisturbed.bytes), `killed after ${moments.join(", ")} ms`).toBe(true);
    expect(withoutCommand(json(report))).toEqual(withoutCommand(undisturbed.report));
  });

  test("once it has finished, its checkpoint gives the same at once, and is refused under other flags", async () => {
    const argv = [...training, "--checkpoint", checkpoint];
    expect(await start(argv).ended).toBe(0);
    const state = readFileSync(checkpoint);
    rmSync(out);
    expect(await start(argv).ended).toBe(0);
    expect(readFileSync(out).equals(undisturbed.bytes)).toBe(true);
    expect(readFileSync(checkpoint).equals(state)).toBe(true);

    const other = start([...training, "--checkpoint", checkpoint, "--seed", "1"]);
    expect(await other.ended).toBe(1);
    expect(other.stderr()).toBe(
      `prune: ${checkpoint} is the checkpoint of another run; what differs: --seed (none there, 1 here). Delete it, or give another file.\n`,
    );
    expect(readFileSync(out).equals(undisturbed.bytes)).toBe(true);
  });

  test("a checkpoint without training is refused", async () => {
    const without = await prune("run", fixture("fashion_mlp.onnx"), "-o", out, "--target", "macs=0.5", "--checkpoint", checkpoint); // prettier-ignore
    expect(without).toMatchObject({
      code: 2,
      stderr:
        "prune: --checkpoint is for recovery that trains: give --recover with finetune or distill, or leave --checkpoint out.\n",
    });
  });
});
