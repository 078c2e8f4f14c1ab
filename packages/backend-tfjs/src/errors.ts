import { describeNode, isPruneError, type Node, PruneError } from "@prune/core";

const DAMAGED = "The file is damaged or not a TensorFlow.js model; export or download it again.";

export const errorNotTfjs = (source: string, found: string, cause?: unknown): PruneError =>
  new PruneError("bad-model", `${source}: expected a TensorFlow.js model.json, but ${found}. ${DAMAGED}`, { cause });

export const errorManifest = (source: string, problem: string): PruneError =>
  new PruneError("bad-model", `${source}: weightsManifest: ${problem}. ${DAMAGED}`);

export const errorWeightType = (source: string, name: string, type: string): PruneError =>
  new PruneError(
    "bad-model",
    `${source}: weight "${name}" is of type ${type}; expected float32, int32, bool, string or complex64, or quantised uint8, uint16 or float16. ${DAMAGED}`,
  );

export const errorShardBytes = (source: string, paths: readonly string[], need: number, has: number): PruneError =>
  new PruneError(
    "bad-model",
    `${source}: the weights in ${paths.join(", ") || "no file"} should take ${need} bytes, but there are ${has}. The files are truncated or belong to another model; copy them again.`,
  );

export const errorTooLarge = (source: string, bytes: number, limit: number): PruneError =>
  new PruneError(
    "bad-model",
    `${source}: a group of weights states ${bytes} bytes, and at most ${limit} can be read into memory. Convert the model again, with smaller groups.`,
  );

export const errorShardLocation = (source: string, path: string): PruneError =>
  new PruneError(
    "bad-model",
    `${source}: weights are said to be in "${path}", which is outside of the model's folder. Such a model could read any file; move the weights beside model.json and name them there.`,
  );

export const errorMissingShard = (source: string, path: string, cause: unknown): PruneError =>
  new PruneError(
    "bad-model",
    `${source}: weights should be in "${path}" beside it, which cannot be used: ${firstLine(cause)}. Copy that file along with model.json.`,
    { cause },
  );

export const errorMissingWeight = (source: string, name: string): PruneError =>
  new PruneError(
    "bad-model",
    `${source}: weight "${name}" of the topology is not in the weightsManifest. The two belong to different models; export the model again.`,
  );

export const errorMissingNode = (source: string, name: string, reader: string): PruneError =>
  new PruneError("bad-model", `${source}: "${name}", which ${reader} names, is no node of the topology. ${DAMAGED}`);

export const errorNesting = (source: string, limit: number): PruneError =>
  new PruneError("bad-model", `${source}: the topology is nested more than ${limit} levels deep. ${DAMAGED}`);

export const errorUnconnected = (source: string, layer: string, problem: string): PruneError =>
  new PruneError("bad-model", `${source}: layer "${layer}" ${problem}, so the layers cannot be connected. ${DAMAGED}`);

export const errorGraphCycle = (source: string, name: string): PruneError =>
  new PruneError(
    "unsupported",
    `${source}: node "${name}" reads, through other nodes, what it makes itself: a loop of TensorFlow 1. Convert the model again with control flow v2, or without the loop.`,
    { node: name },
  );

export const errorInputShape = (source: string, layer: string, shape: readonly unknown[]): PruneError =>
  new PruneError(
    "bad-model",
    `${source}: input "${layer}" has shape ${JSON.stringify(shape)}; its sizes must be whole numbers or, where they are open, null. ${DAMAGED}`,
  );

export const errorNoPlaceholderType = (source: string, name: string, type: string): PruneError =>
  new PruneError(
    "unsupported",
    `${source}: input "${name}" is of type ${type}; expected float32, int32 or bool. Convert the model with an input of numbers.`,
  );

export const errorNoLayers = (source: string): PruneError =>
  new PruneError("bad-model", `${source}: the model has no outputs. Build it, with an input shape, before it is read.`);

export function errorTopologyLoad(source: string, cause: unknown): PruneError {
  const line = firstLine(cause);
  const unknown = /Unknown layer: (\S+?)\.? /.exec(`${line} `)?.[1];
  const fix = unknown
    ? `It has a layer of class ${unknown}, which TensorFlow.js does not know: register the class with tf.serialization.registerClass before the model is loaded (in a plugin, for the command line).`
    : DAMAGED;
  return new PruneError("bad-model", `${source}: TensorFlow.js cannot build the model: ${line}. ${fix}`, { cause });
}

export const errorMasks = (layer: string): PruneError =>
  new PruneError(
    "unsupported",
    `Layer "${layer}" puts values together of which some have steps that a mask leaves out (Masking, or Embedding with maskZero). Put them together before the mask, or leave it out.`,
  );

export const errorTopology = (layer: string): PruneError =>
  new PruneError(
    "bad-model",
    `Layer "${layer}" is not where the model's topology should have it. Export the model again.`,
  );

export const errorNotFromTfjs = (): PruneError =>
  new PruneError(
    "unsupported",
    "The graph was not read from a TensorFlow.js model, so there is nothing to write it back to. Save it with the backend that read it.",
  );

export const errorCannotWrite = (node: Node, format: string): PruneError =>
  new PruneError(
    "unsupported",
    `${describeNode(node)} cannot be written as part of a ${format}. This is a defect: please report it with the model.`,
    { node: node.name },
  );

export const errorNoOnnx = (node: Node): PruneError =>
  new PruneError(
    "unsupported",
    `${describeNode(node)} has no counterpart in ONNX. Save the model as TensorFlow.js has it (.json), or leave the layer out.`,
    { node: node.name },
  );

export const errorNotLayersModel = (): PruneError =>
  new PruneError(
    "unsupported",
    "Only a LayersModel can be trained in TensorFlow.js, and the graph was read from something else. Train it with finetune() of @prune/recovery, whose training graph takes any model.",
  );

export const errorFitOption = (name: string, expected: string, got: unknown): PruneError =>
  new PruneError("bad-option", `Option ${name} must be ${expected}, got ${String(got)}.`);

export const errorFewSamples = (least: number, got: number): PruneError =>
  new PruneError(
    "bad-data",
    `Recovery step "fit" needs at least ${least} samples, to train on a batch and to hold some out; its data has ${got}.`,
  );

export const errorFitOutput = (shapes: readonly (readonly (number | null)[])[]): PruneError =>
  new PruneError(
    "bad-data",
    `Recovery step "fit" trains models of one output [N, C] on labels, and this one yields ${shapes.map((dims) => `[${dims.map((d) => d ?? "N").join(", ")}]`).join(" and ")}. Use distill() of @prune/recovery, which learns from the original's outputs.`,
  );

export const errorNoGradients = (): PruneError =>
  new PruneError(
    "missing-dependency",
    "TensorFlow.js has no gradients registered. Import @tensorflow/tfjs, which registers them, and hand it in as option tf.",
  );

export const errorDiverged = (step: number, loss: number): PruneError =>
  new PruneError(
    "runtime-failed",
    `The loss became ${loss} at step ${step}: training diverged. Lower the learning rate.`,
  );

export const errorNoSave = (): PruneError =>
  new PruneError(
    "unsupported",
    "This model has no file system. Use tfjsFiles(model), model.toBytes() or toLayersModel(model) instead of model.save().",
  );

export const errorMissingPackage = (name: string, what: string, cause: unknown): PruneError =>
  new PruneError(
    "missing-dependency",
    `${what} needs ${name}, which could not be loaded: ${firstLine(cause)}. npm install ${name}`,
    { cause },
  );

export const errorMissingLayers = (): PruneError =>
  new PruneError(
    "missing-dependency",
    "A LayersModel needs @tensorflow/tfjs-layers. npm install @tensorflow/tfjs-layers, and hand it in as option layers.",
  );

export const errorMissingConverter = (node: Node): PruneError =>
  new PruneError(
    "missing-dependency",
    `${describeNode(node)} is computed by @tensorflow/tfjs-converter. npm install @tensorflow/tfjs-converter, and hand it in as option converter.`,
    { node: node.name },
  );

export const errorBackend = (name: string, cause: unknown): PruneError =>
  new PruneError(
    "provider-unavailable",
    `TensorFlow.js backend "${name}" cannot be used${cause === undefined ? "" : `: ${firstLine(cause)}`}. Install and import @tensorflow/tfjs-backend-${name}, or name another backend.`,
    { cause },
  );

export const errorOpen = (cause: unknown): PruneError =>
  new PruneError("runtime-failed", `TensorFlow.js could not load the graph: ${firstLine(cause)}.`, { cause });

export const errorRuntime = (node: Node, cause: unknown): PruneError =>
  isPruneError(cause)
    ? cause
    : new PruneError(
        "runtime-failed",
        `TensorFlow.js could not compute ${describeNode(node)}: ${firstLine(cause)}. Check that the model runs in TensorFlow.js before it is pruned.`,
        { node: node.name, cause },
      );

export const errorNoKernel = (node: Node): PruneError =>
  new PruneError(
    "runtime-failed",
    `${describeNode(node)}: this runtime does not know operator ${node.domain && `${node.domain}.`}${node.opType}. Run the graph with ONNX Runtime.`,
    { node: node.name },
  );

export const errorOperator = (node: Node, problem: string): PruneError =>
  new PruneError("runtime-failed", `${describeNode(node)}: ${problem}. Run the graph with ONNX Runtime.`, {
    node: node.name,
  });

export const errorWindows = (
  node: Node,
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  limit: number,
): PruneError =>
  new PruneError(
    "bad-model",
    `${describeNode(node)} has kernel [${kernel.join(", ")}], strides [${strides.join(", ")}] and dilations [${dilations.join(", ")}], which must be whole numbers from 1 to ${limit}. The file is damaged; export it again.`,
    { node: node.name },
  );

export const errorMissingOperand = (node: Node, index: number): PruneError =>
  new PruneError("runtime-failed", `${describeNode(node)} lacks input ${index}. Export the model again.`, {
    node: node.name,
  });

export const errorTensorType = (name: string, type: string): PruneError =>
  new PruneError(
    "runtime-failed",
    `"${name}" is of type ${type}, which this runtime cannot hold. Cast it to float32 inside the graph.`,
  );

export const errorMissingFeed = (name: string): PruneError =>
  new PruneError("runtime-failed", `Input "${name}" is not fed. Feed every input of the graph, under its own name.`);

export const errorUnknownFetch = (name: string): PruneError =>
  new PruneError("runtime-failed", `"${name}" is no value of the graph. Fetch values that its nodes yield.`);

export function errorRead(path: string, cause: unknown): PruneError {
  if (isPruneError(cause)) return cause;
  const fix = READ_FIXES[codeOf(cause)] ?? "Check the disk and try again";
  return new PruneError("io-failed", `${path}: cannot be read: ${firstLine(cause)}. ${fix}.`, { cause });
}

const READ_FIXES: Readonly<Record<string, string>> = {
  ENOENT: "Check the path; there is no such file",
  EACCES: "Allow reading it (chmod +r)",
  EISDIR: "Give the path of a model.json",
};

export function errorWrite(path: string, cause: unknown): PruneError {
  if (isPruneError(cause)) return cause;
  const fix = WRITE_FIXES[codeOf(cause)] ?? "Check the disk and try again";
  return new PruneError("io-failed", `${path}: cannot be written: ${firstLine(cause)}. ${fix}.`, { cause });
}

const WRITE_FIXES: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full; free some space or write elsewhere",
  ENOENT: "Create the folder first",
  EACCES: "Allow writing to the folder, or write elsewhere",
  EISDIR: "The path is a folder; give the name of a file in it, such as model.json",
};

/** The code of a system error, such as ENOSPC. */
function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

/** The first line of an error's message, without a full stop. */
function firstLine(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return (text.trim().split("\n")[0] ?? "").replace(/\.+$/, "");
}

export const errorLabelsEach = (labels: number, samples: number): PruneError =>
  new PruneError("bad-data", `Recovery step "fit" takes one label per sample; the data has ${labels} for ${samples}.`);
