import { fraction, type Settings } from "./settings.ts";

/** Files that a command names. */
export interface CommandFiles {
  readonly model: string;
  /** Images that statistics are gathered from, and how many; undefined where none are needed. */
  readonly calibration?: { readonly path: string; readonly count: number } | undefined;
  /** Images that accuracy is measured on. */
  readonly evaluation?: string | undefined;
}

/** The name of what comes out of a model file. */
export function outputName(model: string, { type, measure, amount }: Settings): string {
  const file = model.split("/").at(-1)!;
  const dot = file.lastIndexOf(".");
  const stem = file.endsWith("model.json") ? "model" : file.slice(0, dot);
  return `${stem}-${type}-${measure}-${Math.round(amount)}${file.slice(dot)}`;
}

/** The command that does in a shell what the page did. */
export function commandOf(settings: Settings, { model, calibration, evaluation }: CommandFiles): string {
  const { type, scorer, measure, amount, recover } = settings;
  const parts = ["npx prune run", word(model), "-o", word(outputName(model, settings)), "--type", type];
  if (measure === "percentile") parts.push("--percentile", String(amount));
  else if (measure === "sparsity") parts.push("--scorer", scorer, "--sparsity", String(fraction(settings)));
  else parts.push("--scorer", scorer, "--target", `${measure}=${fraction(settings)}`);
  if (type === "layer") parts.push("--rank", "mean");
  if (calibration) {
    parts.push("--calib", word(calibration.path), "--calib-samples", String(calibration.count));
    parts.push("--recover", recover ? "bn,reconstruct" : "none");
  }
  if (evaluation !== undefined) parts.push("--eval", word(evaluation), "--measure");
  return parts.join(" ");
}

/** A word as a shell takes it. */
const word = (text: string): string => (/^[\w./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
