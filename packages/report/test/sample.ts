import type { GroupReport, NodeReport } from "@prune/core";
import type { FullReport, MeasuredLayer, SweepJob, SweepReport } from "../src/types.ts";

export const layer = (name: string, channels: readonly [number, number], group?: string): MeasuredLayer => ({
  name,
  opType: "Conv",
  channels,
  macs: [channels[0] * 1000, channels[1] * 1000],
  params: [channels[0] * 9, channels[1] * 9],
  groups: group === undefined ? [] : [group],
});

export const group = (id: string, size: number, kept: number): GroupReport => ({ id, kind: "channels", size, kept, width: 1, exact: true }); // prettier-ignore

export const node = (name: string, opType: string, from: readonly number[], at?: number): NodeReport => ({
  name,
  opType,
  from,
  ...(at === undefined ? {} : { layer: at }),
});

/** A small report in which everything occurs; every name that a model or a person gave is `name`, with something behind it. */
export function sample(name: string): FullReport {
  const at = (i: number | string): string => `${name}${i}`;
  return {
    format: "prune-report/1",
    before: { macs: 100_000, params: 900, bytes: 3600 },
    after: { macs: 50_000, params: 450, bytes: 1800 },
    layers: [
      { ...layer(at(0), [16, 8], at("g")), latency: [0.4, 0.25] },
      { ...layer(at(1), [10, 10]), blocked: at("why") },
    ],
    groups: [group(at("g"), 16, 8)],
    graph: [
      node(at("in"), "Input", []),
      node(at(0), "Conv", [0], 0),
      node(at("act"), at("Relu"), [1]),
      node(at(1), "Conv", [2], 1),
      node(at("out"), "Output", [3]),
    ],
    importance: [{ of: at("g"), kind: "channels", from: 0, to: 4, max: 9, kept: [0, 2, 3, 3], removed: [6, 2, 0, 0], cut: 1.5 }], // prettier-ignore
    blocked: [{ group: at("whole"), reason: at("reason"), node: at("node") }],
    steps: [{ after: { macs: 70_000, params: 700, bytes: 2800 } }, { after: { macs: 50_000, params: 450, bytes: 1800 } }], // prettier-ignore
    recovery: [1, 2].map((step) => ({
      name: `${at("finetune")}, step ${step} of 2`,
      samples: 100,
      step,
      notes: {
        history: [{ epoch: 1, loss: 0.5, heldOut: 0.4, metric: 0.9 }],
        heldOut: { samples: 10, loss: { before: 0.8, after: 0.4 }, metric: { name: at("metric"), before: 0.7, after: 0.9 } },
        remarks: [at("remark")],
      },
    })), // prettier-ignore
    notes: {
      summary: [at("summary")],
      rank: "sum",
      blocks: [
        { block: at("block1"), scores: { sum: 1 }, left: { order: 1, score: 1 } },
        { block: at("block2"), scores: { sum: 2 } },
      ],
    },
    remarks: [at("said")],
    verification: { exact: true, lossless: false, maskedError: 1e-7, layerError: 0, layers: 2, unproven: [] },
    files: {
      before: { path: at("before.onnx"), bytes: 4000, gzipBytes: 3000, sha256: at("sha") },
      after: { path: at("after.onnx"), bytes: 2000, gzipBytes: 1500 },
    },
    settings: { type: at("type"), scorer: at("scorer"), target: { macs: 0.5 }, seed: 0 },
    latency: { models: [{ median: 2, quartiles: [1.9, 2.1] }, { median: 1, quartiles: [0.9, 1.1] }], runs: 20, threads: 1, provider: at("cpu") }, // prettier-ignore
    evaluation: { data: at("test.npz"), samples: 1000, accuracy: [0.9, 0.895], agreement: 0.95, scaling: {} },
    environment: {
      command: ["run", at("model"), "--target", "macs=0.5"],
      versions: { prune: "0.1.0", node: "22.0.0" },
      platform: "linux x64",
      cpu: at("processor"),
      cores: 2,
    },
  };
}

/** A small sweep in which everything occurs; every name that a person or a model gave is `name`, with something behind it. */
export function sampleSweep(name: string): SweepReport {
  const at = (i: number | string): string => `${name}${i}`;
  const job = (i: number, macs: number, accuracy: number, more: Partial<SweepJob> = {}): SweepJob => ({
    id: `id${i}`,
    name: `${at("l")}${i % 2} · macs=0.${i}`,
    model: at("model.onnx"),
    settings: { scorer: `${at("l")}${i % 2}`, target: `macs=0.${i}` },
    state: "done",
    tries: 1,
    where: at("here"),
    before: { macs: 100_000, params: 900, bytes: 4000, latency: 2 },
    after: { macs, params: macs / 100, bytes: macs / 25, latency: macs / 50_000 },
    value: { measure: "accuracy", better: "higher", before: 0.9, after: accuracy },
    ...more,
  });
  const unfinished = (i: number, more: Partial<SweepJob>): SweepJob => {
    const { before: _, after: _a, value: _v, where: _w, ...rest } = job(i, 1, 1, more);
    return rest;
  };
  return {
    format: "prune-sweep/1",
    name: at("grid"),
    axes: ["scorer", "target"],
    jobs: [
      job(1, 70_000, 0.89, { page: "out/one%20two/report.html" }),
      job(2, 50_000, 0.8),
      job(3, 30_000, 0.85, { tries: 2 }),
      job(4, 10_000, 0.5),
      unfinished(5, { state: "failed", reason: at("why"), tries: 3 }),
      unfinished(6, { state: "left", tries: 0 }),
    ],
    fronts: (["macs", "latency"] as const).map((against) => ({
      measure: "accuracy",
      better: "higher",
      data: at("test.npz"),
      against,
      among: ["id1", "id2", "id3", "id4"],
      jobs: ["id4", "id3", "id1"],
      originals: [at("model.onnx")],
    })),
    interrupted: true,
    remarks: [at("remark")],
    environment: {
      command: ["sweep", at("grid.ts")],
      versions: { prune: "0.1.0" },
      platform: "linux x64",
      cpu: at("processor"),
      cores: 2,
    },
  };
}
