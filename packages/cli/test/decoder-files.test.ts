import { analyzeModel, answersOf, type DataSource, float32Tensor, type Graph, prune, type PruneResult, type RunTensor, type RunValues, toNumbers, verifyPruned } from "@prune/core"; // prettier-ignore
import { loadOnnx, onnxModel, onnxruntimeNode, ortRuntime, readOnnx } from "@prune/backend-onnx/node";
import { neuron } from "@prune/pruner-neuron";
import { reconstruct } from "@prune/recovery";
import { wanda } from "@prune/scorer-activation";
import { l2 } from "@prune/scorer-magnitude";
import { beforeAll, describe, expect, test } from "vitest";
import { CROSS, crossDecoder } from "../../backend-onnx/test/cross-decoder.ts";
import { decoder, DECODER } from "../../backend-onnx/test/decoder.ts";
import { merged } from "../../backend-onnx/test/merged.ts";
import { tokenByToken } from "../../backend-onnx/test/token-by-token.ts";
import { prune as run, temporaryFolder } from "./command.ts";
import { write } from "./models.ts";

// Decoders as people have them: first step and later ones as two files, or merged into one.

const runtime = ortRuntime(onnxruntimeNode);
const ids = [3, 14, 1, 5, 9, 2];
const FRAMES = 5;

/** What the encoder said. */
const frames: RunTensor = { dtype: "float32", dims: [1, FRAMES, CROSS.width], data: Float32Array.from({ length: FRAMES * CROSS.width }, (_, i) => Math.sin(i)) }; // prettier-ignore

/** What a decoder reads besides tokens and caches. */
const besides =
  ({ inputs }: Graph) =>
  (from: number): RunValues => {
    const all = { use_cache_branch: { dtype: "bool", dims: [1], data: Uint8Array.of(Number(from > 0)) }, encoder_hidden_states: frames } as const; // prettier-ignore
    return Object.fromEntries(Object.entries(all).filter(([name]) => inputs.some((v) => v.name === name)));
  };

function near(a: number[][], b: number[][]): void {
  expect([a.length, b.length]).toEqual([ids.length, ids.length]);
  a.flat().forEach((x, i) => expect(x).toBeCloseTo(b.flat()[i]!, 4));
}

/** Scales that are equal by chance, which tools that merge decoders store once. */
function withOnes(graph: Graph): Graph {
  const rename = (name: string): string => (name.endsWith("norm.weight") && graph.parameters.has(name) ? "ones" : name);
  return {
    ...graph,
    nodes: graph.nodes.map((n) => ({ ...n, inputs: n.inputs.map(rename) })),
    parameters: new Map([...graph.parameters, ["ones", float32Tensor("ones", new Float32Array(DECODER.width).fill(1))]]), // prettier-ignore
  };
}

const MERGED = {
  "a decoder": merged(decoder({ cache: "first" }), decoder({ cache: "pairs" })),
  "a decoder with weights in both branches": merged(decoder({ cache: "first" }), decoder({ cache: "pairs" }), "twice"),
  "a decoder with equal scales": merged(withOnes(decoder({ cache: "first" })), withOnes(decoder({ cache: "pairs" }))),
  "a decoder with an encoder": merged(crossDecoder("first"), crossDecoder("next")),
  "a decoder that hands on what it was given": merged(crossDecoder("first"), crossDecoder("handing on")),
};

describe("merged", () => {
  const modelOf = (graph: Graph): ReturnType<typeof onnxModel> => onnxModel(graph, { runtime });
  const said = (graph: Graph, prompt: number): Promise<number[][]> => tokenByToken(graph, ids, { runtime, prompt, more: besides(graph) }); // prettier-ignore
  const cutTo = (graph: Graph, macs = 0.5): Promise<PruneResult> => prune(modelOf(graph), { pruner: neuron(), scorer: l2(), target: { macs } }); // prettier-ignore

  test.each(Object.entries(MERGED))(
    "%s loses half of its MACs, heads among them, and branches go on where others ended",
    async (_, graph) => {
      // prettier-ignore
      near(await said(graph, 1), await said(graph, 3));
      const { model: smaller, plan, report } = await cutTo(graph);
      expect(report.after.macs).toBeLessThanOrEqual(0.5 * report.before.macs);
      expect(report.verification).toMatchObject({ exact: true, unproven: [] });
      // Past and present, keys and values, in equal numbers.
      const narrowed = (report.signature ?? []).map(({ name, kind }) => `${kind} ${name.replace(/^(past_key_values|present)/, "")}`); // prettier-ignore
      expect(narrowed.length).toBeGreaterThanOrEqual(4);
      expect(narrowed.filter((text) => text.startsWith("input")).map((text) => text.replace("input", "output"))).toEqual(narrowed.filter((text) => text.startsWith("output"))); // prettier-ignore
      const again = readOnnx(smaller.toBytes());
      near(await said(again, 1), await said(again, 3));
      expect(await verifyPruned(modelOf(graph), modelOf(again), plan)).toMatchObject({ exact: true });
    },
  );

  test("a branch that computes something else is told apart", async () => {
    const graph = MERGED["a decoder"];
    const { model: smaller, plan } = await cutTo(graph);
    const name = "layers.1.mlp.up_proj.weight_merged_0";
    const weight = smaller.graph.parameters.get(name)!;
    const other = float32Tensor(name, toNumbers(weight).map((x, i) => x + Number(i === 5)), weight.dims); // prettier-ignore
    const wrong = { ...smaller.graph, parameters: new Map([...smaller.graph.parameters, [name, other]]) };
    await expect(verifyPruned(modelOf(graph), modelOf(wrong), plan)).rejects.toMatchObject({ code: "verification-failed" }); // prettier-ignore
  });

  test("samples of one branch judge and recover the weights of both", async () => {
    const int64 = (values: readonly number[]): RunTensor => ({ dtype: "int64", dims: [1, values.length], data: BigInt64Array.from(values, BigInt) }); // prettier-ignore
    const graph = MERGED["a decoder"];
    const empty = graph.inputs.filter((v) => v.name.startsWith("past")).map(({ name }): [string, RunTensor] => [name, { dtype: "float32", dims: [1, DECODER.groups, 0, DECODER.size], data: new Float32Array(0) }]); // prettier-ignore
    const calibration: DataSource = {
      count: 12,
      batchSize: 1,
      batch: (sample) => ({
        ...Object.fromEntries(empty),
        input_ids: int64(ids.map((id, i) => (id + sample * i) % DECODER.tokens)),
        attention_mask: int64(ids.map(() => 1)),
        position_ids: int64(ids.map((_, i) => i)),
        use_cache_branch: { dtype: "bool", dims: [1], data: Uint8Array.of(0) },
      }),
    };
    const { model: smaller, report } = await prune(modelOf(graph), { pruner: neuron(), scorer: wanda(), target: { macs: 0.6 }, calibration, recover: [reconstruct()] }); // prettier-ignore
    expect(report.verification).toMatchObject({ exact: true });
    expect(report.signature).toHaveLength(8);
    expect(report.recovery).toMatchObject([{ name: 'reconstruct, else_branch of "merged/If"', notes: { layers: 15 } }]);
    const { before, after } = report.recovery![0]!.notes!["outputError"] as Record<"before" | "after", number>;
    expect(after).toBeLessThan(before / 10);
    near(await said(smaller.graph, 1), await said(smaller.graph, 3));
  });

  test("caches are no answers", async () => {
    const analysis = await analyzeModel(modelOf(MERGED["a decoder"]));
    expect(answersOf({ ...analysis, graph: MERGED["a decoder"] }).map((v) => v.name)).toEqual(["logits"]);
  });

  test("caches under names that nobody knows stay as they are, and so do their heads", async () => {
    const rename = (name: string): string => name.replace("past_key_values", "memory").replace("present", "kept");
    const all = (graph: Graph): Graph => ({
      ...graph,
      inputs: graph.inputs.map((v) => ({ ...v, name: rename(v.name) })),
      outputs: graph.outputs.map((v) => ({ ...v, name: rename(v.name) })),
      nodes: graph.nodes.map((n) => ({ ...n, inputs: n.inputs.map(rename), outputs: n.outputs.map(rename) })),
    });
    const graph = merged(all(decoder({ cache: "first" })), all(decoder({ cache: "pairs" })));
    const { groups } = await analyzeModel(modelOf(graph));
    const cached = groups.filter((g) => g.kind === "heads" && g.size === DECODER.groups);
    expect(cached).toHaveLength(2);
    for (const { blocked } of cached) expect(blocked?.reason).toMatch(/graph (input|output) "(memory|kept)\.\d\.key"/);
    const { report } = await cutTo(graph, 0.7);
    expect([report.signature, report.verification]).toMatchObject([undefined, { exact: true }]);
  });
});

describe("two files", () => {
  const at = temporaryFolder();
  const files = { plain: [decoder({ cache: "first" }), decoder({ cache: "pairs" })], cross: [crossDecoder("first"), crossDecoder("next")] } as const; // prettier-ignore
  /** Weights under the numbers that an exporter gives them, others in every file. */
  const numbered = (graph: Graph, from: number): Graph => {
    const names = new Map([...graph.parameters.keys()].map((name, i) => [name, `onnx::MatMul_${from + i}`]));
    const rename = (name: string): string => names.get(name) ?? name;
    return {
      ...graph,
      nodes: graph.nodes.map((n) => ({ ...n, inputs: n.inputs.map(rename) })),
      parameters: new Map([...graph.parameters.values()].map((t) => [rename(t.name), { ...t, name: rename(t.name) }])),
    };
  };

  beforeAll(async () => {
    for (const [name, [first, next]] of Object.entries(files)) {
      await write(numbered(first, 1000), at(`${name}_first.onnx`));
      await write(numbered(next, 2000), at(`${name}_next.onnx`));
    }
  });

  test.each(Object.keys(files))("the plan of one cuts the other alike: %s", async (name) => {
    const [first, next, plan] = [at(`${name}_first.onnx`), at(`${name}_next.onnx`), at(`${name}.json`)];
    const cut = await run("run", first, "-o", at("first.onnx"), "--target", "macs=0.5", "--plan", plan);
    expect([cut.code, cut.stderr]).toEqual([0, ""]);
    expect(cut.stdout).toMatch(/present\.0\.\S+ and \d more: output of .* now\./);
    const other = await run("apply", next, plan, "-o", at("next.onnx"), "--made-for", first);
    expect([other.code, other.stderr]).toEqual([0, ""]);
    expect(other.stdout).toContain("Verified: equals the original");
    expect(await run("verify", next, at("next.onnx"), plan, "--made-for", first)).toMatchObject({ code: 0 });
    const [small, later] = [(await loadOnnx(at("first.onnx"))).graph, (await loadOnnx(at("next.onnx"))).graph];
    const whole = await tokenByToken(small, ids, { runtime, prompt: ids.length, more: besides(small) });
    near(await tokenByToken(later, ids, { runtime, first: small, prompt: 3, more: (from) => besides(from ? later : small)(from) }), whole); // prettier-ignore
  });

  test("a plan for another file says what to do; models without common weights are told", async () => {
    const [first, next, plan] = [at("plain_first.onnx"), at("plain_next.onnx"), at("plain.json")];
    await run("run", first, "-o", at("first.onnx"), "--target", "macs=0.5", "--plan", plan);
    const unnamed = await run("apply", next, plan, "-o", at("x.onnx"));
    expect([unnamed.code, unnamed.stderr]).toEqual([1, expect.stringContaining("If the two share weights, name the first with --made-for.")]); // prettier-ignore
    const strange = await run("apply", at("cross_next.onnx"), plan, "-o", at("x.onnx"), "--made-for", first);
    expect([strange.code, strange.stderr]).toEqual([1, expect.stringContaining("shares no weight with the one that the plan was made for")]); // prettier-ignore
  });
});
