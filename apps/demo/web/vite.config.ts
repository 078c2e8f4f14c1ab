import { defineConfig, defaultClientConditions, type UserConfig } from "vite";

/** Nothing but the page's own files is ever asked for; `wasm-unsafe-eval` is what lets the runtimes be compiled. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The first two let WebAssembly use threads. Workers go by the policy that their own file came with. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Content-Security-Policy": POLICY,
};

// The runtime's WebAssembly is a file of its own, beside the page.
const conditions = ["onnxruntime-web-use-extern-wasm", ...defaultClientConditions];

const config: UserConfig = defineConfig({
  base: "./",
  resolve: { conditions },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { target: "es2022", outDir: "dist", emptyOutDir: true, assetsInlineLimit: 0, chunkSizeWarningLimit: 2000 },
  worker: { format: "es" },
  preview: { host: "127.0.0.1", port: 4173, headers },
});

export default config;
