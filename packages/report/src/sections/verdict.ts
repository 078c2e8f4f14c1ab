import { html, type Markup } from "../page/markup.ts";
import { percent, plural, proofLine } from "../text/index.ts";
import type { Comparison, FullReport, MeasuredLatency } from "../types.ts";
import { pairOf } from "./pair.ts";
import { points } from "./summary.ts";

/** How something went. Told by sign and words, not by colour alone. */
type Tone = "good" | "fair" | "poor";
const SIGNS: Readonly<Record<Tone, string>> = { good: "✓", fair: "!", poor: "✕" };

/** Points of accuracy that are as good as none, and that are a price. */
const [SLIGHT, MUCH] = [0.01, 0.05];
/** Latencies that differ by less are the same. */
const NOISE = 0.05;

/** What came of it, in a few sentences. */
export function verdict(report: FullReport | Comparison): Markup {
  const { costs, latency, evaluation, zeros, names } = pairOf(report);
  const [before, after] = costs;
  const [who, whom] = report.format === "prune-report/1" ? ["The result", "the original"] : names.toReversed();
  const lost = evaluation?.accuracy && evaluation.accuracy[0] - evaluation.accuracy[1];
  const ratio = latency && speedUp(latency);
  const verified = report.format === "prune-report/1" ? report.verification : undefined;
  const smaller = zeros
    ? `${percent(zeros[1] / Math.max(1, before.params), 0)} of all parameters are weights that are zero; shapes and MACs are as before.`
    : `${who} does ${percent(after.macs / before.macs, 0)} of the multiply-accumulates of ${whom} with ${percent(after.params / before.params, 0)} of its parameters.`;
  const exact =
    lost === undefined
      ? evaluation?.agreement !== undefined
        ? `Both pick the same class for ${percent(evaluation.agreement, 1)} of ${plural(evaluation.samples ?? 0, "sample")}; there were no labels to measure accuracy by.`
        : "Accuracy was not measured (--eval DATA does)."
      : `Accuracy goes from ${percent(evaluation!.accuracy![0])} to ${percent(evaluation!.accuracy![1])} (${points(-lost)}).`;
  const faster =
    ratio === undefined
      ? "Latency was not measured (--measure does)."
      : ratio === 1
        ? "It is no faster and no slower, as far as can be told from these runs."
        : `It runs ${ratio > 1 ? `${ratio.toFixed(2)} times as fast` : `slower: it takes ${(1 / ratio).toFixed(2)} times as long`}.`;
  const proof = report.format === "prune-report/1" ? [proofLine(verified)] : [];
  const { tone, title } = judged(lost, ratio, report.format === "prune-report/1" ? verified?.exact === true : true);
  return html`<div class="verdict ${tone}">
    <p class="head"><span class="sign" aria-hidden="true">${SIGNS[tone]}</span> ${title}</p>
    ${[smaller, exact, faster, ...proof].map((text) => html`<p>${text}</p>`)}
  </div>`;
}

function judged(lost: number | undefined, ratio: number | undefined, proven: boolean): { tone: Tone; title: string } {
  if (lost !== undefined && lost > MUCH) return { tone: "poor", title: `Accuracy suffers: ${points(-lost)}` };
  if (lost !== undefined && lost > SLIGHT) return { tone: "fair", title: `At a price: ${points(-lost)} of accuracy` };
  if (ratio !== undefined && ratio < 1) return { tone: "fair", title: "Not faster here" };
  if (lost === undefined) return { tone: "fair", title: "Accuracy unknown" };
  if (!proven) return { tone: "fair", title: "As accurate, but the cut is not proven" };
  return { tone: "good", title: lost > 0 ? `Nearly as accurate: ${points(-lost)}` : "As accurate as before" };
}

/** How many times as fast the second is; 1 where the runs do not tell them apart. */
function speedUp({ models: [a, b] }: MeasuredLatency): number | undefined {
  if (!a || !b) return undefined;
  const ratio = a.median / b.median;
  const isWithin = (value: number, [low, high]: readonly [number, number]): boolean => low <= value && value <= high;
  const alike = isWithin(a.median, b.quartiles) || isWithin(b.median, a.quartiles);
  return alike || Math.abs(ratio - 1) < NOISE ? 1 : ratio;
}
