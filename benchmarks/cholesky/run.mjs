// Seconds to factor the damped Hessian of a layer and to invert the factor, as the OBS scorer does: products in ONNX
// Runtime, and for sizes up to 2048 in plain JavaScript beside it; then the sweep over as many rows of weights.
//   node benchmarks/cholesky/run.mjs [N…]          (default 1024 2048 4096)
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { resolve } = createRequire(new URL("../../packages/cli/package.json", import.meta.url));
const load = (name) => import(pathToFileURL(resolve(name)));
const { onnxruntimeNode, ortRuntime } = await load("@prune/backend-onnx/node");
const { dampedCholesky, evidenceOf, invertLower, runtimeGemm } = await load("@prune/core");
const { connection } = await load("@prune/pruner-connection");
const { obs } = await load("@prune/scorer-hessian");

const ROUNDS = 3;
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
const sizes = process.argv.slice(2).map(Number);

/** Second moments of made-up inputs that depend on each other: full, positive, and far from diagonal. */
function moments(n) {
  const h = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) h[i * n + j] = Math.exp(-Math.abs(i - j) / 20);
  return h;
}

async function timed(work) {
  const start = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - start) / 1000 };
}

async function factor(h, n, gemm) {
  const first = await timed(() => dampedCholesky(h, n, { gemm }));
  const second = await timed(() => invertLower(first.result.lower, n, gemm));
  return [first.seconds, second.seconds];
}

/** Chooses the 2:4 mask of n rows of weights: both factors, and the sweep. */
function mask(h, n, runtime) {
  const dims = [n, n];
  const values = Float32Array.from({ length: n * n }, (_, i) => Math.sin(i * 1.7));
  const tensor = { name: "w", dtype: "float32", dims, bytes: () => new Uint8Array(values.buffer) };
  const at = (_, row, feature) => row * n + feature;
  const layer = { tensor, blocks: 1, rows: n, features: n, kernel: 1, at };
  const of = async () => ({ count: 1, columns: n, blocks: [h], means: [new Float64Array(n)] });
  const scoring = { seed: 0, runtime, evidence: evidenceOf({ hessian: { of } }) };
  const analysis = { linear: [layer], ignored: () => false };
  return connection({ pattern: "2:4" }).decide({
    analysis,
    target: { sparsity: 0.5 },
    scorer: obs({ select: 0 }),
    scoring,
  });
}

console.log(
  "| n | Cholesky | inverse of the factor | sweep over n rows | Cholesky, plain JavaScript |\n| ---: | ---: | ---: | ---: | ---: |",
);
for (const n of sizes.length ? sizes : [1024, 2048, 4096]) {
  const h = moments(n);
  const runtime = ortRuntime(onnxruntimeNode);
  const { gemm, release } = runtimeGemm(runtime);
  await gemm(new Float64Array(2 ** 16), new Float64Array(2 ** 16), 256, 256, 256); // opens the session
  const [runs, plain] = [[], []];
  for (let i = 0; i < ROUNDS; i++) {
    runs.push(await factor(h, n, gemm));
    if (n <= 2048) plain.push((await timed(() => dampedCholesky(h, n))).seconds);
  }
  await release();
  const [chol, inverse] = [0, 1].map((part) => median(runs.map((run) => run[part])));
  const sweep = (await timed(() => mask(h, n, runtime))).seconds - chol - inverse;
  const text = (seconds) => `${seconds.toFixed(2)} s`;
  console.log(
    `| ${n} | ${text(chol)} | ${text(inverse)} | ${text(sweep)} | ${plain.length ? text(median(plain)) : ""} |`,
  );
}
