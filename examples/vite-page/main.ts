import { loadOnnxBytes } from "@prune/backend-onnx";
import { analyzeModel, prune } from "@prune/core";
import { neuron } from "@prune/pruner-neuron";
import { l2 } from "@prune/scorer-magnitude";

const file = document.querySelector<HTMLInputElement>("#file")!;
const result = document.querySelector("#result")!;

file.addEventListener("change", () => {
  show().catch((error: unknown) => (result.textContent = String(error)));
});

async function show(): Promise<void> {
  const bytes = new Uint8Array(await file.files![0]!.arrayBuffer());
  const model = await loadOnnxBytes(bytes, { ort: () => import("onnxruntime-web") });
  const { groups } = await analyzeModel(model);
  const lines = groups.map((g) => `${g.id}: ${g.size} ${g.kind}${g.blocked ? `, kept: ${g.blocked.reason}` : ""}`);
  const { report } = await prune(model, { pruner: neuron(), scorer: l2(), target: { macs: 0.5 } });
  result.textContent = [...lines, `${report.before.macs} → ${report.after.macs} MACs`].join("\n");
}
