import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { loadOnnx } from "@prune/backend-onnx/node";
import { fromLayersModel, loadTfjs, loadWasm, saveTfjs } from "@prune/backend-tfjs/node";
import type { Model } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "vitest";
import { prune, temporaryFolder } from "./command.ts";
import { convNet, write } from "./models.ts";
import { start } from "./processes.ts";

// Commands that are killed after each of the things they do to files, one after another.

const at = temporaryFolder();

beforeAll(async () => {
  writeFileSync(at("die.mjs"), DIE);
  await write(convNet(["N", 3, 8, 8]), at("model.onnx"));
  await loadWasm();
  await tf.setBackend("wasm");
  const net = tfl.sequential();
  net.add(tfl.layers.dense({ units: 16, activation: "relu", inputShape: [8] }));
  net.add(tfl.layers.dense({ units: 4 }));
  await saveTfjs(await fromLayersModel(net), at("model.json"));
});

/**
 * A module that kills its process once it has done DIE_AFTER things to files in DIE_IN: opened, written one half, written
 * the other, synced, closed, renamed or removed one.
 */
const DIE = `
  import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
  let left = Number(process.env.DIE_AFTER);
  const done = () => { if (--left === 0) process.kill(process.pid, "SIGKILL"); };
  const isOurs = (path) => String(path).startsWith(process.env.DIE_IN);
  const { promises } = fs;
  const open = promises.open;
  promises.open = async (path, flags, ...rest) => {
    const file = await open(path, flags, ...rest);
    if (!isOurs(path)) return file;
    done();
    const halves = async (bytes, write) => {
      await file.write(bytes.subarray(0, bytes.length >> 1));
      done();
      await write(bytes.subarray(bytes.length >> 1));
      done();
    };
    const after = (name) => async () => { await file[name](); done(); };
    return {
      stat: () => file.stat(),
      read: (...args) => file.read(...args),
      async writev(views) {
        const bytes = Buffer.concat(views);
        await halves(bytes, (rest) => file.write(rest));
        return { bytesWritten: bytes.length };
      },
      writeFile: (data) => halves(Buffer.from(data), (rest) => file.writeFile(rest)),
      sync: after("sync"),
      close: after("close"),
    };
  };
  for (const [where, names] of [[promises, ["rename", "unlink", "rm"]], [fs, ["renameSync", "unlinkSync", "rmSync"]]])
    for (const name of names) {
      const real = where[name];
      where[name] = (path, ...rest) => {
        const result = real(path, ...rest);
        if (isOurs(path)) { if (result) return result.then(done); done(); }
        return result;
      };
    }
  syncBuiltinESMExports();`;

/** What a model computes from some input. */
async function outputsOf(model: Model): Promise<readonly number[]> {
  const [input] = model.graph.inputs;
  const dims = input!.dims!.map((d) => (typeof d === "number" ? d : 2));
  const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
  const session = await model.runtime.open(model.graph);
  const results = await session.run({ [input!.name]: { dtype: "float32", dims, data } });
  await session.release();
  return Object.values(results).flatMap((t) => Array.from(t.data as Float32Array));
}

const formats = [
  { model: "model.onnx", flags: ["--external-data"], load: (path: string) => loadOnnx(path), least: 20 },
  { model: "model.json", flags: [], load: (path: string) => loadTfjs(path), least: 16 },
] as const;

describe.each(formats)("over an earlier $model", { timeout: 900_000 }, ({ model, flags, load, least }) => {
  test("killed after any step, it leaves the earlier model in full or the new one, and whole reports", async () => {
    const files = (): Map<string, Buffer> => new Map(readdirSync(at("out")).map((name) => [name, readFileSync(at("out", name))])); // prettier-ignore
    const argv = (sparsity: string): string[] => [
      ...["run", at(model), "-o", at("out", model), "--report", at("out", "report.json"), ...flags],
      ...["--sparsity", sparsity, "--round-to", "1", "--no-verify", "--quiet"],
    ];
    const results: { outputs: readonly number[]; files: Map<string, Buffer> }[] = [];
    for (const sparsity of ["0.25", "0.5"]) {
      rmSync(at("out"), { recursive: true, force: true });
      mkdirSync(at("out"));
      expect((await prune(...argv(sparsity))).stderr).toBe("");
      results.push({ outputs: await outputsOf(await load(at("out", model))), files: files() });
    }
    const [earlier, later] = results as [(typeof results)[0], (typeof results)[0]];
    const states: string[] = [];
    for (let step = 1; ; step++) {
      rmSync(at("out"), { recursive: true });
      mkdirSync(at("out"));
      for (const [name, bytes] of earlier.files) writeFileSync(at("out", name), bytes);
      const env = { DIE_AFTER: String(step), DIE_IN: at("out") };
      const running = start(argv("0.5"), ["--import", pathToFileURL(at("die.mjs")).href], env);
      const end = await running.ended;
      expect([end, running.stderr()]).toEqual([end === 0 ? 0 : "SIGKILL", ""]);
      const now = files();
      const isNew = now.get(model)!.equals(later.files.get(model)!);
      states.push(isNew ? "new" : "earlier");
      const expected = isNew ? later : earlier;
      expect(await outputsOf(await load(at("out", model)))).toEqual(expected.outputs);
      for (const [name, bytes] of expected.files) {
        if (name === "report.json") continue;
        expect([step, name, now.get(name)?.equals(bytes)]).toEqual([step, name, true]);
      }
      const report = now.get("report.json")!;
      const reports = [earlier, later].map((r) => withoutCommand(r.files.get("report.json")!));
      expect(reports.slice(0, isNew ? 2 : 1)).toContain(withoutCommand(report));
      if (end === 0) break;
    }
    expect(states.length).toBeGreaterThan(least);
    const turn = states.indexOf("new");
    expect(states).toEqual([...states.slice(0, turn).map(() => "earlier"), ...states.slice(turn).map(() => "new")]);
    expect(readdirSync(at("out")).toSorted()).toEqual([...later.files.keys()].toSorted());
  });
});

/** A report but for where it was made. */
const withoutCommand = (report: Buffer): string =>
  JSON.stringify({ ...(JSON.parse(report.toString()) as object), environment: undefined });
