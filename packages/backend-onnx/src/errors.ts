import { describeNode, isPruneError, type Node, PruneError, type Tensor } from "@prune/core";

/** A place in a file: which file, which message in it, which byte. */
export interface Place {
  readonly source: string;
  readonly message: string;
  readonly at: number;
}

const DAMAGED = "The file is damaged or not an ONNX model; export or download it again.";

export function errorNotOnnx(source: string, found: string): PruneError {
  return new PruneError("bad-model", `${source}: expected an ONNX model, found ${found}.`);
}

export function errorTruncated({ source, message, at }: Place, need: number, left: number): PruneError {
  const text = `${message} at byte ${at} needs ${bytes(need)}, but only ${left} ${left === 1 ? "is" : "are"} left`;
  return new PruneError(
    "bad-model",
    `${source}: ${text}. The file is truncated or damaged; export or download it again.`,
  );
}

export function errorMalformed({ source, message, at }: Place, problem: string): PruneError {
  return new PruneError("bad-model", `${source}: ${message} at byte ${at}: ${problem}. ${DAMAGED}`);
}

function bytes(count: number): string {
  return count === 1 ? "1 byte" : `${count} bytes`;
}

export function errorCycle(source: string, node: string): PruneError {
  const text = `${source}: ${node} reads, directly or through other nodes, what it makes itself`;
  return new PruneError("bad-model", `${text}. Nodes must not form a cycle; export the model again.`, { node });
}

export function errorDuplicateValue(source: string, value: string, node: Node): PruneError {
  const text = `${source}: ${describeNode(node)} makes value "${value}", which is defined already`;
  return new PruneError("bad-model", `${text}. Every value must have one definition; export the model again.`, {
    node: node.name,
  });
}

export function errorUndefinedValue(source: string, value: string, node: Node): PruneError {
  const text = `${source}: ${describeNode(node)} reads value "${value}", which no node, input or initializer defines`;
  return new PruneError("bad-model", `${text}. Export the model again.`, { node: node.name });
}

export function errorUndefinedOutput(source: string, value: string): PruneError {
  const text = `${source}: graph output "${value}" is defined by no node, input or initializer`;
  return new PruneError("bad-model", `${text}. Export the model again.`);
}

export function errorNoDataFiles(source: string, location: string, tensor: string): PruneError {
  const text = `${source}: the data of ${tensor} is in another file, "${location}"`;
  return new PruneError("bad-model", `${text}. Load the model by its path, or pass that file's bytes as externalData.`);
}

export function errorNoBytes(tensor: Tensor): PruneError {
  const text = `Tensor "${tensor.name}" of type ${tensor.dtype} was changed, which this backend cannot write`;
  return new PruneError("unsupported", `${text}. Leave its data as it was read.`);
}

export function errorForeignAttribute(node: Node, attribute: string): PruneError {
  const text = `${describeNode(node)}: attribute "${attribute}" is of a kind that only the backend which read it can write`;
  return new PruneError("unsupported", `${text}. Save the model with that backend.`, { node: node.name });
}

export function errorRuntime(what: string, cause: unknown, provider: string): PruneError {
  const line = firstLine(cause);
  return new PruneError("runtime-failed", `ONNX Runtime (${provider}) could not ${what}: ${line}. ${hintFor(line)}`, {
    cause,
  });
}

export function errorProvider(provider: string, cause: unknown, fix: string): PruneError {
  const text = `Execution provider "${provider}" cannot be used: ${firstLine(cause)}`;
  return new PruneError("provider-unavailable", `${text}. ${fix}`, { cause });
}

/** The first line of an error's message, without a full stop. */
export function firstLine(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return (text.trim().split("\n")[0] ?? "").replace(/\.+$/, "");
}

/** What to do about a failure of ONNX Runtime, by what its message mentions. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /is not a registered function|No Op registered|NOT_IMPLEMENTED/i,
    "This build of ONNX Runtime lacks an operator of the model: update it, or export the model with standard operators. Models are run to be pruned, and libraries of custom operators cannot be loaded here.",
  ],
  [
    /IR version|opset/i,
    "The model is newer than this ONNX Runtime: update it, or export the model with a lower opset.",
  ],
  [
    /missing in 'feeds'|Missing Input|Invalid Feed Input|input name/i,
    "Feed every input of the graph, under its own name.",
  ],
  [
    /invalid dimensions|Unexpected input data type|data length|Got invalid/i,
    "Feed tensors of the types and shapes that the graph's inputs state.",
  ],
  [/bad_alloc|allocate memory|out of memory/i, "Memory ran out: use smaller batches."],
  [/thread has ended/, "Try again; where it ran out of memory, with smaller batches."],
];

function hintFor(line: string): string {
  return (
    HINTS.find(([pattern]) => pattern.test(line))?.[1] ??
    "Check that the model runs in ONNX Runtime before it is pruned."
  );
}

export function errorTensorType(name: string, type: string): PruneError {
  const text = `"${name}" is of type ${type}, which ONNX Runtime's JavaScript tensors cannot hold`;
  return new PruneError("runtime-failed", `${text}. Cast it to float32 inside the graph.`);
}

export function errorTooLarge(length: number, limit: number): PruneError {
  const text = `The model takes ${length} bytes, and one message of protobuf holds at most ${limit}`;
  return new PruneError("unsupported", `${text}. Save it to a path: its weights then go into a file beside it.`);
}

export function errorNoSave(): PruneError {
  return new PruneError(
    "unsupported",
    "This model was loaded from bytes and has no file system. Use model.toBytes() instead of model.save().",
  );
}

export function errorShortDataFile(
  source: string,
  location: string,
  tensor: string,
  need: number,
  has: number,
): PruneError {
  const text = `${source}: ${tensor} needs bytes up to ${need} of "${location}", which has ${has}`;
  return new PruneError("bad-model", `${text}. The file is truncated or belongs to another model; copy it again.`);
}

export function errorMissingRuntime(cause: unknown): PruneError {
  const fix =
    "npm install onnxruntime-node (behind a firewall: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node)";
  return new PruneError(
    "missing-dependency",
    `Running a model needs onnxruntime-node, which could not be loaded: ${firstLine(cause)}. ${fix}`,
    { cause },
  );
}

export function errorRead(path: string, cause: unknown): PruneError {
  if (isPruneError(cause)) return cause;
  const fix = READ_FIXES[codeOf(cause)] ?? "Check the disk and try again";
  return new PruneError("io-failed", `${path}: cannot be read: ${firstLine(cause)}. ${fix}.`, { cause });
}

export function errorReadKind(path: string, found: string): PruneError {
  return new PruneError("io-failed", `${path}: expected a file, found ${found}. Give the path of an .onnx file.`);
}

export function errorChangedInReading(path: string): PruneError {
  const text = `${path}: changed while it was read`;
  return new PruneError("io-failed", `${text}. Wait until whoever writes it is done, and try again.`);
}

export function errorReadSize(path: string, size: number, limit: number): PruneError {
  const text = `${path}: is ${size} bytes long, and at most ${limit} can be read into memory`;
  return new PruneError(
    "io-failed",
    `${text}. Export the model with its weights in a file of their own (external data).`,
  );
}

const READ_FIXES: Readonly<Record<string, string>> = {
  ENOENT: "Check the path; there is no such file",
  EACCES: "Allow reading it (chmod +r)",
  EPERM: "Allow reading it (chmod +r)",
  EISDIR: "Give the path of an .onnx file",
};

/** The code of a system error, such as ENOSPC. */
function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

export function errorWrite(path: string, cause: unknown): PruneError {
  if (isPruneError(cause)) return cause;
  const fix = WRITE_FIXES[codeOf(cause)] ?? "Check the disk and try again";
  return new PruneError("io-failed", `${path}: cannot be written: ${firstLine(cause)}. ${fix}.`, { cause });
}

/** What a large model leaves for later cannot be put into a temporary file. */
export function errorTemporary(folder: string, cause: unknown): PruneError {
  if (isPruneError(cause)) return cause;
  const text = `${folder}: a temporary file for what does not fit into memory cannot be used: ${firstLine(cause)}`;
  return new PruneError("io-failed", `${text}. Free some space there, or name another folder in TMPDIR.`, { cause });
}

const WRITE_FIXES: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full; free some space or write elsewhere",
  EDQUOT: "Your share of the disk is used up; free some space or write elsewhere",
  ENOENT: "Create the folder first",
  ENOTDIR: "Part of the path is a file, not a folder",
  EACCES: "Allow writing to the folder, or write elsewhere",
  EPERM: "Allow writing to the folder, or write elsewhere",
  EROFS: "The disk is read-only; write elsewhere",
  EISDIR: "The path is a folder; give the name of a file in it",
};

export function errorWriteKind(path: string, found: string): PruneError {
  return new PruneError(
    "io-failed",
    `${path}: cannot be written: expected a file or nothing there, found ${found}. Give the name of a file.`,
  );
}

export function errorDataLocation(source: string, location: string, tensor: string): PruneError {
  const text = `${source}: the data of ${tensor} is said to be in "${location}", which is outside of the model's folder`;
  return new PruneError(
    "bad-model",
    `${text}. Such a model could read any file; move the data beside the model and save it again.`,
  );
}

export function errorMissingDataFile(source: string, location: string, tensor: string, cause: unknown): PruneError {
  const text = `${source}: the data of ${tensor} should be in "${location}" beside the model, which cannot be used: ${firstLine(cause)}`;
  return new PruneError("bad-model", `${text}. Copy that file along with the model.`, { cause });
}

export function errorDataChanged(path: string): PruneError {
  return new PruneError("io-failed", `${path}: was changed after the model was loaded. Load the model again.`);
}

export function errorAborted(reason: unknown): PruneError {
  const text = `The run was aborted: ${firstLine(reason)}`;
  return new PruneError("runtime-failed", `${text}. Its session has ended; open another to run again.`, {
    cause: reason,
  });
}

export function errorSignalOnMain(): PruneError {
  const text =
    "Option signal needs sessions in a thread of their own: a run on the main thread blocks it, and the signal with it";
  return new PruneError("bad-option", `${text}. Add thread: "worker".`);
}

export function errorDuplicateInput(source: string, value: string): PruneError {
  return new PruneError(
    "bad-model",
    `${source}: two graph inputs are named "${value}". Every value must have one definition; export the model again.`,
  );
}

export function errorTensorBytes({ name, dtype, dims }: Tensor, need: number, has: number): PruneError {
  const text = `Tensor "${name}" should have ${need} bytes: dims [${dims.join(", ")}] of ${dtype}; it has ${has}`;
  return new PruneError("bad-model", `${text}. Whatever made it gave it the wrong shape.`);
}
