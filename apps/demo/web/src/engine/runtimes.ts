// oxlint-disable eslint/no-restricted-imports -- binaries, which packages keep there
import type { Ort } from "@prune/backend-onnx";
import glue from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import wasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import simd from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url";
import threaded from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url";
import plain from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url";

/** One core is left to the page itself; threads need the headers that isolate it. */
export const threads: number = globalThis.crossOriginIsolated
  ? Math.max(1, Math.min(4, navigator.hardwareConcurrency - 1))
  : 1;

/** ONNX Runtime, from the page's own files. */
export async function ort(): Promise<Ort> {
  const runtime = await import("onnxruntime-web/wasm");
  runtime.env.wasm.numThreads = threads;
  runtime.env.wasm.wasmPaths = { mjs: absolute(glue), wasm: absolute(wasm) };
  return runtime;
}

/** TensorFlow.js's `wasm` backend, from the page's own files, on one thread: it would start others from blobs. */
export async function loadTfjsWasm(): Promise<void> {
  const [{ env }, { setWasmPaths }] = await Promise.all([
    import("@tensorflow/tfjs-core"),
    import("@tensorflow/tfjs-backend-wasm"),
  ]);
  env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  setWasmPaths({
    "tfjs-backend-wasm.wasm": absolute(plain),
    "tfjs-backend-wasm-simd.wasm": absolute(simd),
    "tfjs-backend-wasm-threaded-simd.wasm": absolute(threaded), // asked for, and not used
  });
}

const absolute = (path: string): string => new URL(path, import.meta.url).href;
