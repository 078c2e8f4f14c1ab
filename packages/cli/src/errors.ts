import { alike } from "./lib/alike.ts";

/** Wrong usage: exit code 2. Says what was expected, what came and what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const errorValue = (expected: string): UsageError => new UsageError(`It must be ${expected}.`);

export const errorTwice = (flag: string): UsageError => new UsageError(`${flag} is given twice.`);

export const errorTarget = (got: string): UsageError =>
  new UsageError(
    `It must be macs=X, params=X, bytes=X or latency=X, where X is result / original, above 0 and at most 1; got "${got}".`,
  );

export const errorNoTarget = (): UsageError =>
  new UsageError(
    "Say how much: --target macs=0.5 keeps half of the MACs, --sparsity 0.5 removes half of every group, --max-drop 1% removes what one percentage point of --eval allows.",
  );

export const errorDropNeedsEval = (): UsageError =>
  new UsageError("--max-drop is a drop of what is measured on data: give --eval DATA.");

export const errorFlagOfDrop = (flag: string, instead = ""): UsageError =>
  new UsageError(`${flag} is for the search of --max-drop: give --max-drop, or leave ${flag} out.${instead}`);

export const errorCheckpointNeedsJournal = (): UsageError =>
  new UsageError(
    "--checkpoint keeps the training of one try of --max-drop: give --journal FILE to keep the tries as well.",
  );

export const errorFlagOfType = (flag: string, type: string, takes: readonly string[]): UsageError =>
  new UsageError(`--type ${type} does not go by ${flag}. It goes by ${takes.join(", ") || "no flag"}.`);

export const errorOnnxStorage = (flag: string, path: string): UsageError =>
  new UsageError(`${flag} stores weights of ONNX models; ${path} is a model of TensorFlow.js. Leave it out.`);

export const errorNoTokenList = (): UsageError =>
  new UsageError("--type vocabulary keeps the tokens of a list: give --keep-tokens FILE, with one token id per line.");

export const errorAllocation = (type: string, got: string, known: readonly string[]): UsageError =>
  new UsageError(`--type ${type} does not share out by --allocation ${got}. It knows ${known.join(", ")}.`);

export const errorNeedsData = (flag: string): UsageError =>
  new UsageError(`${flag} says how the data of --calib and --eval is read; give one of them as well.`);

export const errorPageFormat = (path: string): UsageError =>
  new UsageError(`--output ${path}: a report becomes a page, a file that ends in .html.`);

export const errorReportFormat = (path: string): UsageError =>
  new UsageError(`--report ${path}: reports are written as .html, to look at, or as .json.`);

export const errorSamePath = (a: string, b: string, path: string): UsageError =>
  new UsageError(`${a} and ${b} are the same file, ${path}. Give each its own name.`);

export const errorUnknownName = (what: string, name: string, known: readonly string[]): UsageError =>
  new UsageError(`There is no ${what} "${name}". Known: ${known.join(", ")}.`);

export const errorDuplicate = (what: string, name: string, first: string, second: string): UsageError =>
  new UsageError(`Two plug-ins bring the ${what} "${name}": ${first} and ${second}. Leave one of them out.`);

export const errorOptionSyntax = (text: string): UsageError =>
  new UsageError(`Options after a colon are written k=v,k=v; got "${text}".`);

export const errorUnknownOption = (name: string, key: string, known: readonly string[]): UsageError =>
  new UsageError(
    `"${name}" has no option "${key}". ${known.length ? `It has: ${known.join(", ")}.` : "It takes no options."}`,
  );

export const errorOptionValue = (name: string, key: string, expected: string, got: unknown): UsageError =>
  new UsageError(`Option "${key}" of "${name}" must be ${expected}, got ${String(got)}.`);

export const errorNoEval = (): UsageError => new UsageError("Sensitivity is measured on data: give --eval DATA.");

export const errorNeedsCalib = (who: string, needs: readonly string[]): UsageError =>
  new UsageError(`${who} needs ${needs.join(" and ")}: give --calib DATA.`);

export const errorFlagOfTraining = (flag: string): UsageError =>
  new UsageError(`${flag} is for recovery that trains: give --recover with finetune or distill, or leave ${flag} out.`);

export const errorUnusedLoss = (loss: string): UsageError =>
  new UsageError(
    `--loss ${loss} is for recovery and scorers that go by a loss: give --recover finetune or a scorer that needs gradients, or leave it out.`,
  );

export const errorDropOfLower = (metric: string): UsageError =>
  new UsageError(
    `--max-drop bounds how much is lost of what should be large; of metric "${metric}" less is better. Leave one of them out.`,
  );

export const errorNeedsEval = (flag: string): UsageError =>
  new UsageError(`${flag} says how the data of --eval is judged: give --eval DATA.`);

export const errorScheduleSteps = (schedule: string | undefined): UsageError =>
  new UsageError(
    schedule === undefined || schedule === "one-shot"
      ? "--steps is for --schedule linear, cubic, exponential or lottery; give one of them, or leave --steps out."
      : `--schedule ${schedule} has steps: give --steps N.`,
  );

export const errorRewindFlag = (): UsageError =>
  new UsageError("--rewind is for --schedule lottery; give that, or leave --rewind out.");

export const errorLotteryUntrained = (): UsageError =>
  new UsageError(
    "--schedule lottery trains the weights that it rewinds: give --recover finetune (with labels) or --recover distill.",
  );

export const errorSaveTrained = (): UsageError =>
  new UsageError("--save-trained writes what --regularize trains; give that, or leave --save-trained out.");

export const errorRegularizeAgain = (): UsageError =>
  new UsageError(
    "--regularize trains anew in every run, so that --journal and --checkpoint could not go on: write what it trains with --save-trained, and prune that file.",
  );

export const errorPlanOfTrained = (): UsageError =>
  new UsageError(
    "--plan with --regularize is a plan for the model as it was trained before the cut: give --save-trained FILE, and apply the plan to that file.",
  );

export const errorNoPlugin = (name: string, cause: unknown): UsageError =>
  new UsageError(
    `Plug-in ${name} cannot be loaded: ${firstLine(cause)}. Install it where you run prune, or give its path.`,
    { cause },
  );

export const errorBadPlugin = (from: string, problem: string): UsageError =>
  new UsageError(`Plug-in ${from}: ${problem}.`);

export const errorPluginTwice = (name: string, first: string, second: string): UsageError =>
  new UsageError(`Plug-in ${name} is there twice: from ${first} and from ${second}. Name it once.`);

export const errorTypeScript = (version: string): Error =>
  new Error(
    `Node.js ${version} does not read TypeScript: use 22.18 or newer, or "npm install jiti" beside it, which does so here`,
  );

export const errorUnknownDim = (name: string, known: readonly string[]): UsageError =>
  new UsageError(
    `--dim ${name}: the model has no dynamic dimension of that name. ${known.length ? `It has: ${known.join(", ")}.` : "All its dimensions are fixed."}`,
  );

export const errorDataKind = (path: string): UsageError =>
  new UsageError(
    `${path}: data is an .npz file (arrays named after the model's inputs, optional "labels"), an .npy file, a folder of pictures, or what the reader of a plug-in reads (prune readers).`,
  );

export const errorKeepQuantization = (path: string): UsageError =>
  new UsageError(`--keep-quantization: ${path} is no TensorFlow.js model; weights of ONNX models keep their types.`);

export const errorTfjsThreads = (): UsageError =>
  new UsageError("--threads: TensorFlow.js runs on one thread in Node; leave the flag out.");

export const errorTfjsProviders = (got: readonly string[]): UsageError =>
  new UsageError(`--ep names one TensorFlow.js backend, wasm (the default) or cpu; got ${got.join(",")}.`);

export const errorOutputFormat = (path: string, output: string): UsageError =>
  new UsageError(
    `${path} cannot be written as ${output}: a TensorFlow.js model becomes a .json or an .onnx file, an ONNX model an .onnx file.`,
  );

export const errorFlagOfQueue = (flag: string): UsageError =>
  new UsageError(`${flag} is for a queue: give --queue redis://HOST:PORT, or leave it out.`);

export const errorFlagOfWorker = (flag: string): UsageError =>
  new UsageError(`${flag} is for whoever runs the sweep, not for its workers: leave it out.`);

export const errorJobsElsewhere = (flag: string): UsageError =>
  new UsageError(`${flag} is for jobs that run here; with --queue, workers do them: give it to those.`);

export const errorQueueAddress = (got: string): UsageError =>
  new UsageError(`--queue must be an address such as redis://localhost:6379, rediss://… or valkey://…; got "${got}".`);

export const errorNoConfig = (file: string, why: string): UsageError =>
  new UsageError(`Configuration ${file} cannot be loaded: ${why}. Mend it, or leave it out with --no-config.`);

/** A key that nothing reads, with those that are like it, or all there are. */
export const errorConfigKey = (file: string, key: string, who: string, known: readonly string[]): UsageError => {
  const meant = alike(key, known);
  const list = meant.length ? `Did you mean ${meant.join(" or ")}?` : `There are: ${known.join(", ")}.`;
  return errorConfig(file, key, `No ${who} has it. ${list}`);
};

export const errorConfig = (file: string, key: string, problem: string): UsageError =>
  new UsageError(`Configuration ${file}: ${key}: ${problem}`);

export const firstLine = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split("\n")[0]!.replace(/\.$/, "");
