import { loadOnnx, onnxModel, onnxruntimeNode, ortRuntime } from "@prune/backend-onnx/node";
import { floatTensor, type Graph, type Model, prune, pruneGradually, type Pruner, type RecoveryStep, replay, toFloat32 } from "@prune/core"; // prettier-ignore
import { Network } from "@prune/core/testing";
import { connection } from "@prune/pruner-connection";
import { neuron } from "@prune/pruner-neuron";
import { absolute, l2 } from "@prune/scorer-magnitude";
import { describe, expect, test } from "vitest";
import type { FullReport } from "../src/actions/full-report.ts";
import { fixture, prune as command, temporaryFolder } from "./command.ts";

const runtime = ortRuntime(onnxruntimeNode);
const at = temporaryFolder();

function net(width = 24): Model {
  const own = new Network();
  const a = own.relu(own.batchNorm("n", own.conv("a", own.input("x", ["batch", 3, 6, 6]), 16, { size: 3 })));
  const b = own.relu(own.conv("b", a, width));
  return onnxModel(own.graph(own.gemm("f", own.reshape(own.pool(b), [0, -1]), 5)), { runtime });
}

/** The graph with other values for all its weights. */
function mapped(graph: Graph, f: (w: number) => number): Graph {
  const parameters = [...graph.parameters].map(([name, tensor]) => {
    const other = () => floatTensor(name, tensor.dtype, toFloat32(tensor).map(f), tensor.dims);
    return [name, tensor.dtype === "float32" ? other() : tensor] as const;
  });
  return { ...graph, parameters: new Map(parameters) };
}

const bytesOf = (graph: Graph): Record<string, string> =>
  Object.fromEntries([...graph.parameters].map(([name, t]) => [name, Buffer.from(t.bytes()).toString("base64")]));

const x = { dtype: "float32" as const, dims: [2, 3, 6, 6], data: Float32Array.from({ length: 216 }, (_, i) => Math.sin(i)) }; // prettier-ignore
const calibration = { count: 2, batchSize: 2, batch: () => ({ x }) };
const schedule = { shape: "exponential", steps: 3 } as const;

/** Training that triples all weights, and shows what it was given. */
function tripling(given: Graph[]): RecoveryStep {
  const recover: RecoveryStep["recover"] = ({ pruned }) => {
    given.push(pruned);
    return Promise.resolve({ graph: mapped(pruned, (w) => 3 * w) });
  };
  return { name: "triple", wants: "training", recover };
}

describe.each([
  ["neurons", () => neuron({ roundTo: 1 }), l2()],
  ["connections", () => connection(), absolute()],
] as const)("a lottery ticket of %s", (_, pruner, scorer) => {
  test.each(["original", "early"] as const)("starts from the %s values of what is left, round by round", async (from) => {
    const model = net();
    const early = mapped(model.graph, (w) => w / 2 + 0.125);
    const [given, judged]: [Graph[], Graph[]] = [[], []];
    const made = pruner();
    const telling: Pruner = { ...made, decide: (context) => (judged.push(context.analysis.graph), made.decide(context)) };
    const rewind = from === "early" ? { graph: early } : from;
    const options = { pruner: telling, scorer, target: { sparsity: 0.75 }, calibration, recover: [tripling(given)] };
    const { model: ticket, plan, report } = await pruneGradually(model, { ...options, schedule, rewind });
    expect([given.length, judged.length]).toEqual([3, 3]);
    // The first round judges the model, the others what training made of what was rewound.
    expect(bytesOf(judged[1]!)).toEqual(bytesOf(mapped(given[0]!, (w) => 3 * w)));
    expect(bytesOf(judged[2]!)).toEqual(bytesOf(mapped(given[1]!, (w) => 3 * w)));
    // What the last round trains is the plan's cut of the values that are rewound to.
    const start = await replay(from === "early" ? model.withGraph(early) : model, plan, { force: true });
    expect(bytesOf(given[2]!)).toEqual(bytesOf(start.model.graph));
    expect(bytesOf(ticket.graph)).toEqual(bytesOf(mapped(given[2]!, (w) => 3 * w)));
    expect(report.verification).toMatchObject({ exact: true });
    expect(report.recovery!.map(({ name }) => name)).toEqual([1, 2, 3].map((i) => `triple, step ${i} of 3`));
  }); // prettier-ignore
});

test("the plan is that of one-shot pruning where training changes no order", async () => {
  const options = { pruner: connection(), scorer: absolute(), target: { sparsity: 0.5 }, calibration };
  const ticket = await pruneGradually(net(), { ...options, recover: [tripling([])], schedule, rewind: "original" });
  expect(ticket.plan).toEqual({ ...(await prune(net(), options)).plan, recovered: ["triple"] });
});

describe("what cannot be rewound", () => {
  const message = (rewind: "original" | { graph: Graph }, recover: RecoveryStep[] = [tripling([])]) =>
    pruneGradually(net(), { pruner: neuron({ roundTo: 1 }), scorer: l2(), target: { sparsity: 0.5 }, calibration, recover, schedule, rewind }).then(
      () => "nothing",
      (error: unknown) => String(error),
    ); // prettier-ignore

  test("is refused by the name of a tensor", async () => {
    expect(await message({ graph: net(20).graph })).toBe(
      'PruneError: What is to be rewound to does not fit the model: tensor "b.weight" is of shape [24, 16, 1, 1] in the model and of shape [20, 16, 1, 1] there. Give the same network at an earlier moment of its training, exported in the same way.',
    );
    const { graph } = net();
    const renamed = new Map([...graph.parameters].map(([name, t]) => (name === "f.bias" ? ["bias", { ...t, name: "bias" }] : [name, t]))); // prettier-ignore
    const nodes = graph.nodes.map((n) => ({ ...n, inputs: n.inputs.map((i) => (i === "f.bias" ? "bias" : i)) }));
    expect(await message({ graph: { ...graph, nodes, parameters: renamed } })).toContain(
      'tensor "f.bias" is of shape [5] in the model and missing there.',
    );
  });

  test("without training is refused", async () => {
    expect(await message("original", [])).toContain("Weights that are rewound must be trained again");
  });
});

describe("on the command line", () => {
  const mlp = fixture("fashion_mlp.onnx");
  const run = (...flags: string[]) =>
    command(...["run", mlp, "-o", at("ticket.onnx"), "--sparsity", "0.8", "--schedule", "lottery", "--steps", "2"], ...flags); // prettier-ignore
  const training = ["--calib", fixture("test10k.npz"), "--recover", "finetune", "--epochs", "1"];

  test("MLP: rewound to a file and trained, twice; the zeros stay", { timeout: 180_000 }, async () => {
    const model = await loadOnnx(mlp);
    await model.withGraph(mapped(model.graph, (w) => w / 2)).save(at("early.onnx"));
    const { code, stdout, stderr } = await run(...training, "--type", "connection", "--rewind", at("early.onnx"), "--json"); // prettier-ignore
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const report = JSON.parse(stdout) as FullReport;
    expect(report.settings).toMatchObject({ scorer: "absolute", schedule: "lottery", steps: 2, rewind: at("early.onnx") }); // prettier-ignore
    expect(report.recovery!.map(({ name }) => name)).toEqual(["finetune, step 1 of 2", "finetune, step 2 of 2"]);
    const { graph } = await loadOnnx(at("ticket.onnx"));
    const zeros = ["1.weight", "3.weight", "5.weight"].reduce((n, name) => n + toFloat32(graph.parameters.get(name)!).filter((w) => w === 0).length, 0); // prettier-ignore
    expect(report.zeros).toEqual([0, zeros]);
    expect(zeros / 266_200).toBeCloseTo(0.8, 3);
  });

  test.each([
    [[], "--schedule lottery trains the weights that it rewinds: give --recover finetune (with labels) or --recover distill."],
    [[...training, "--rewind", fixture("fashion_lstm.onnx")], 'What is to be rewound to does not fit the model: tensor "1.weight" is of shape [300, 784] in the model and missing there.'],
  ] as const)("%j is refused", async (flags, text) => {
    const { code, stderr } = await run(...flags);
    expect([code, stderr.includes(text) || stderr]).toEqual([2, true]);
  }); // prettier-ignore

  test("--rewind without lottery is refused", async () => {
    const { code, stderr } = await command("run", mlp, "-o", at("x.onnx"), "--target", "macs=0.5", "--rewind", mlp);
    expect([code, stderr]).toEqual([2, "prune: --rewind is for --schedule lottery; give that, or leave --rewind out.\n"]); // prettier-ignore
  });
});
