/** ONNX Runtime brings its own WebAssembly files: the page's import map says where they are served from. */
export default { build: { rollupOptions: { external: ["onnxruntime-web"] } } };
