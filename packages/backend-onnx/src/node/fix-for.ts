/** What a user can do to make a provider work on this machine. */
export function fixFor(provider: string, platform: string = process.platform, arch: string = process.arch): string {
  switch (provider) {
    case "cuda":
    case "tensorrt":
      return platform === "linux" && arch === "x64"
        ? CUDA
        : `onnxruntime-node has CUDA for Linux x64 only; here use ${otherGpu(platform)} or cpu.`;
    case "dml":
      return "DirectML works on Windows only; elsewhere use webgpu or cpu.";
    case "coreml":
      return "CoreML works on macOS only; elsewhere use webgpu or cpu.";
    case "webgpu":
      return "WebGPU needs a graphics card with a Vulkan, Metal or Direct3D 12 driver; use cpu without one.";
    default:
      return "Check the provider's name; cpu always works.";
  }
}

const CUDA =
  "It needs an NVIDIA driver, CUDA 12 and cuDNN on the loader's path, and the provider libraries, which npm installs by default. " +
  "With pnpm: set allowBuilds: {onnxruntime-node: true}, then pnpm rebuild onnxruntime-node. " +
  "By hand: node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install";

function otherGpu(platform: string): string {
  return platform === "win32" ? "dml, webgpu" : platform === "darwin" ? "coreml, webgpu" : "webgpu";
}
