import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { onnxModel, onnxruntimeNode, type Ort, type OrtSession, ortRuntime, readOnnx, saveOnnx } from "@prune/backend-onnx/node"; // prettier-ignore
import {
  type DataSource,
  isPruneError,
  type Model,
  type PruneResult,
  prune as pruneModel,
  type PruneOptions,
} from "@prune/core";
import { neuron } from "@prune/pruner-neuron";
import { bn, reconstruct } from "@prune/recovery";
import { activation } from "@prune/scorer-activation";
import { l2 } from "@prune/scorer-magnitude";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { temporaryFolder } from "./command.ts";
import { convNet, write } from "./models.ts";

// ONNX Runtime refusing something, at any moment: nothing takes the place of an earlier result but a right one.

const at = temporaryFolder();
const ort = await onnxruntimeNode();

/** What ONNX Runtime does wrong, and at which of the times that it is asked. */
interface Fault {
  readonly call: "create" | "run";
  readonly nth: number;
  readonly how: "throws" | "yields not-a-numbers";
}

/** ONNX Runtime with a fault. `happened` says whether it came to that. */
function faulty({ call, nth, how }: Fault): { readonly ort: Ort; readonly happened: () => boolean } {
  const counts = { create: 0, run: 0 };
  const isTurn = (now: Fault["call"]): boolean => ++counts[now] === nth && now === call;
  const create = async (model: never, options: never): Promise<OrtSession> => {
    if (isTurn("create")) throw new Error("[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : refused");
    const session: OrtSession = await ort.InferenceSession.create(model, options);
    return {
      inputNames: session.inputNames,
      outputNames: session.outputNames,
      release: () => session.release(),
      async run(feeds, fetches) {
        const turn = isTurn("run");
        if (turn && how === "throws") throw new Error("[ONNXRuntimeError] : 1 : FAIL : refused");
        const results = await session.run(feeds, fetches);
        for (const tensor of turn ? Object.values(results) : []) {
          const { data } = tensor as { readonly data: unknown };
          if (data instanceof Float32Array) data.fill(NaN);
        }
        return results;
      },
    };
  };
  return { ort: { InferenceSession: { create }, Tensor: ort.Tensor }, happened: () => counts[call] >= nth };
}

const open = (runtime: Ort): Model =>
  onnxModel(readOnnx(readFileSync(at("model.onnx"))), {
    runtime: ortRuntime(runtime),
    save: (graph, path) => saveOnnx({ graph }, path),
  });

const calibration: DataSource = {
  count: 6,
  batchSize: 3,
  batch: (from, to) => ({
    x: {
      dtype: "float32",
      dims: [to - from, 3, 8, 8],
      data: Float32Array.from({ length: (to - from) * 192 }, (_, i) => Math.sin((from * 192 + i) * 0.7)),
    },
  }),
};
const common = { pruner: neuron({ roundTo: 1 }), target: { macs: 0.5 } };
const ways: Readonly<Record<string, PruneOptions>> = {
  "pruned without data": { ...common, scorer: l2() },
  "pruned by what samples do, and fitted to them": {
    ...common,
    scorer: activation(),
    calibration,
    recover: [bn(), reconstruct()],
  },
};

beforeAll(() => write(convNet(["N", 3, 8, 8]), at("model.onnx")));
beforeEach(() => writeFileSync(at("out.onnx"), "earlier"));

describe.each(Object.entries(ways))("a network that is %s", { timeout: 300_000 }, (_, options) => {
  test.each([
    ["cannot load one graph", "create", "throws"],
    ["fails in one run", "run", "throws"],
    ["yields not-a-numbers in one run", "run", "yields not-a-numbers"],
  ] as const)(
    "where ONNX Runtime %s, whichever: an error and the earlier result, or the right one",
    async (_what, call, how) => {
      // prettier-ignore
      const model = readFileSync(at("model.onnx"));
      const { model: right } = await pruneModel(open(ort), options);
      const codes = new Map<string, number>();
      for (let nth = 1; ; nth++) {
        const runtime = faulty({ call, nth, how });
        let report: PruneResult["report"] | undefined;
        const failure = await pruneModel(open(runtime.ort), options)
          .then((result) => ((report = result.report), result.model.save(at("out.onnx"))))
          .catch((error: unknown) => error ?? "nothing");
        if (!runtime.happened()) break;
        if (failure === undefined) {
          const isRight = readFileSync(at("out.onnx")).equals(right.toBytes());
          // Layers that could not be fitted stay as the cut left them, and the report says so.
          const said = report!.recovery?.some(({ notes }) => /not (all )?finite/.test(String(notes?.remarks)));
          expect([nth, isRight || said]).toEqual([nth, true]);
          writeFileSync(at("out.onnx"), "earlier");
        } else expect(failure).toMatchObject({ name: "PruneError", message: expect.stringMatching(/\.$/) as string });
        const code = isPruneError(failure) ? failure.code : "right";
        codes.set(code, (codes.get(code) ?? 0) + 1);
        expect(readFileSync(at("out.onnx"), "utf8")).toBe("earlier");
      }
      expect(codes.size).toBeGreaterThan(0);
      expect(readdirSync(at()).toSorted()).toEqual(["model.onnx", "out.onnx"]);
      expect(readFileSync(at("model.onnx")).equals(model)).toBe(true);
    },
  );
});
