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
    return given(Object.entries(await session.run(tensorsOf(feeds), fetches)));
  },

  // Runs that keep values, as in runtime/steps.ts.
  async keep({ initial, next }) {
    series.push({ current: tensorsOf(initial), spare: copiesOf(tensorsOf(initial)), next: Object.entries(next) });
    return { value: series.length - 1, moved: [] };
  },

  async step({ series: at, feeds, fetches }) {
    const { current, spare, next } = series[at];
    const into = Object.fromEntries(fetches.map((name) => [name, null]));
    for (const [name, output] of next) into[output] = spare[name];
    const results = await session.run({ ...tensorsOf(feeds), ...current }, into);
    for (const [name] of next) [current[name], spare[name]] = [spare[name], current[name]];
    return given(Object.entries(results).filter(([name]) => fetches.includes(name)));
  },

  async kept({ series: at }) {
    return given(Object.entries(copiesOf(series[at].current)));
  },
};

/** @type {{ current: object, spare: object, next: [string, string][] }[]} */
const series = [];

const tensorsOf = (values) => mapped(values, ({ type, data, dims }) => new ort.Tensor(type, data, dims));
const copiesOf = (values) => mapped(values, ({ type, data, dims }) => new ort.Tensor(type, data.slice(), dims));
const mapped = (values, make) => Object.fromEntries(Object.entries(values).map(([name, v]) => [name, make(v)]));

/** Tensors as plain objects, and the memory that goes over with them. */
function given(tensors) {
  const values = tensors.map(([name, { type, data, dims }]) => [name, { type, data, dims }]);
  const buffers = values.flatMap(([, { data }]) => (ArrayBuffer.isView(data) ? [data.buffer] : []));
  return { value: Object.fromEntries(values), moved: [...new Set(buffers)] };
}

parentPort.on("message", (message) => void obey(message));

async function obey({ id, operation, argument }) {
  if (operation === "end") {
    await session?.release();
    parentPort.close();
    return;
  }
  if (Atomics.load(busy, 1) === 0) await perform(id, operation, argument);
  Atomics.sub(busy, 0, 1);
  Atomics.notify(busy, 0);
}

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
