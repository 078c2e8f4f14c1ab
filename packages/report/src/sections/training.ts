import type { RecoveryReport } from "@prune/core";
import { type Curve, curves, legend } from "../charts/curves.ts";
import { html, type Markup } from "../page/markup.ts";
import { numbers } from "../page/table.ts";
import { percent, plural } from "../text/format.ts";

const SIZE = { width: 420, height: 240 };

/** The network before training began, or after an epoch. */
interface Moment {
  /** Epochs so far, in all steps. */
  readonly epoch: number;
  readonly step: number | undefined;
  /** Of the samples it was trained on; undefined before training. */
  readonly loss?: number;
  readonly heldOut: number;
  readonly metric?: number | undefined;
}

/** Curves of a training, which may have gone on after several cuts. */
export function training(name: string, steps: readonly RecoveryReport[]): Markup {
  const moments = momentsOf(steps);
  const metric = steps.find(({ notes }) => notes?.heldOut?.metric)?.notes?.heldOut?.metric?.name;
  const epochs = moments.at(-1)!.epoch;
  const losses: Curve[] = [
    { name: "loss in training", points: moments.flatMap(({ epoch, loss }) => (loss === undefined ? [] : [[epoch, loss] as const])) }, // prettier-ignore
    { name: "loss on samples held out", points: moments.map(({ epoch, heldOut }) => [epoch, heldOut]) },
  ];
  const quality: Curve = { name: `${metric} on samples held out`, points: moments.flatMap(({ epoch, metric: y }) => (y === undefined ? [] : [[epoch, y] as const])) }; // prettier-ignore
  const picture = (label: string, all: readonly Curve[], show: (y: number) => string, format?: typeof show): Markup => {
    const values = all.flatMap(({ points }) => points.map(([, y]) => y));
    const axes = [
      { label: "epochs", domain: [0, epochs], nice: false, ticks: Math.min(6, epochs), format: String },
      { label, domain: [Math.min(...values), Math.max(...values)], ...(format ? { format } : {}) },
    ] as const;
    const told = all.map((curve) => `${curve.name}: ${curve.points.map(([, y]) => show(y)).join(", ")}`);
    return html`${curves(`${label} of ${name} by epoch. ${told.join("; ")}`, SIZE, axes, all)}${legend(all)}`;
  };
  const held = plural(steps[0]!.notes?.heldOut?.samples ?? 0, "sample");
  const several = steps.length > 1;
  const rows = moments.map((m) => [
    m.epoch,
    ...(several ? [`${m.step}${m.loss === undefined ? ", right after its cut" : ""}`] : []),
    m.loss?.toPrecision(4) ?? "",
    m.heldOut.toPrecision(4),
    ...(metric === undefined ? [] : [m.metric === undefined ? "" : percent(m.metric)]),
  ]);
  const head = ["Epoch", ...(several ? ["Step"] : []), "Loss in training", "Loss held out", ...(metric === undefined ? [] : [`${metric} held out`])]; // prettier-ignore
  const caption = (what: string): Markup => html`<figcaption><span class="name">${name}</span> <span class="about">${what}</span></figcaption>`; // prettier-ignore
  return html`<figure>
      ${caption(`loss; ${held} held out${several ? "; straight up or down: a cut" : ""}`)}
      ${picture("loss", losses, (y) => y.toPrecision(3))}${numbers(`training by ${name}`, head, rows)}
    </figure>
    ${
      metric !== undefined &&
      html`<figure>
        ${caption(`${metric} on samples held out`)} ${picture(metric, [quality], percent, (y) => percent(y, 1))}
      </figure>`
    }`;
}

function momentsOf(steps: readonly RecoveryReport[]): Moment[] {
  const moments: Moment[] = [];
  let before = 0;
  for (const { step, notes } of steps) {
    const { history = [], heldOut } = notes ?? {};
    if (heldOut) moments.push({ epoch: before, step, heldOut: heldOut.loss.before, metric: heldOut.metric?.before });
    for (const { epoch, ...rest } of history) moments.push({ epoch: before + epoch, step, ...rest });
    before += history.length;
  }
  return moments;
}
