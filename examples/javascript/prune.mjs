// node prune.mjs MODEL.onnx SMALLER.onnx
import { loadOnnx } from "@prune/backend-onnx";
import { prune } from "@prune/core";
import { neuron } from "@prune/pruner-neuron";
import { l2 } from "@prune/scorer-magnitude";

const [from, to] = process.argv.slice(2);
const model = await loadOnnx(from);
const { model: smaller, report } = await prune(model, { pruner: neuron(), scorer: l2(), target: { macs: 0.5 } });
await smaller.save(to);
console.log(`${report.before.macs} → ${report.after.macs} MACs, error ${report.verification.maskedError}`);
