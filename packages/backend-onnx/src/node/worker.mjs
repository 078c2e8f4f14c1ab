// The thread side of session-worker.ts: holds one session of ONNX Runtime and does what it is told. JavaScript rather
// than TypeScript so that tests, which run the sources, need no build.
import { parentPort, workerData } from "node:worker_threads";

/** [calls under way, whether to skip those not begun]; see busy.ts. @type {Int32Array} */
const busy = workerData;

/** @type {typeof import("onnxruntime-node")} */
let ort;
/** @type {import("onnxruntime-node").InferenceSession | undefined} */
let session;

const operations = {
  async create({ model, options }) {
    session = await ort.InferenceSession.create(model, options);
    return { value: { inputNames: session.inputNames, outputNames: session.outputNames }, moved: [] };
  },

  async run({ feeds, fetches }) {
    const tensors = Object.entries(feeds).map(([name, { type, data, dims }]) => [
      name,
      new ort.Tensor(type, data, dims),
    ]);
    const results = await session.run(Object.fromEntries(tensors), fetches);
    const values = Object.entries(results).map(([name, { type, data, dims }]) => [name, { type, data, dims }]);
    const buffers = values.flatMap(([, { data }]) => (ArrayBuffer.isView(data) ? [data.buffer] : []));
    return { value: Object.fromEntries(values), moved: [...new Set(buffers)] };
  },
};

parentPort.on("message", async ({ id, operation, argument }) => {
  if (operation === "end") {
    await session?.release();
    parentPort.close();
    return;
  }
  if (Atomics.load(busy, 1) === 0) await perform(id, operation, argument);
  Atomics.sub(busy, 0, 1);
  Atomics.notify(busy, 0);
});

async function perform(id, operation, argument) {
  try {
    ort ??= await import("onnxruntime-node");
  } catch (error) {
    answer({ id, error: { message: messageOf(error), missing: true } });
    return;
  }
  try {
    const { value, moved } = await operations[operation](argument);
    answer({ id, value }, moved);
  } catch (error) {
    answer({ id, error: { message: messageOf(error), missing: false } });
  }
}

function answer(message, moved = []) {
  parentPort.postMessage(message, moved);
}

function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
