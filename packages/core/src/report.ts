import type { Graph } from "./graph/graph.ts";
import type { ImportanceReport } from "./importance.ts";
import type { Cost, CostModel } from "./plan/cost.ts";
import type { Cut } from "./plan/cut.ts";
import { blockedIn } from "./plan/plan.ts";
import type { Budget } from "./plan/target.ts";
import type { Verification } from "./plan/verify.ts";
import type { PrunerNotes } from "./pruner.ts";
import type { RecoveryNotes } from "./recovery.ts";
import { graphReport, type NodeReport } from "./report-graph.ts";
import type { Analysis } from "./solver/analyze.ts";
import type { GroupKind } from "./solver/channel-group.ts";

/** A layer before and after. */
export interface LayerReport {
  readonly name: string;
  readonly opType: string;
  /** Output features before and after. */
  readonly channels: readonly [number, number];
  readonly macs: readonly [number, number];
  readonly params: readonly [number, number];
  /** Weights that are zero before and after; only where weights were masked. */
  readonly zeros?: readonly [number, number];
  /** The groups its outputs belong to, and why those that were not cut were not. */
  readonly groups: readonly string[];
  readonly blocked?: string;
}

/** A group before and after. */
export interface GroupReport {
  readonly id: string;
  readonly kind: GroupKind;
  /** Number of units, and how many stayed. */
  readonly size: number;
  readonly kept: number;
  /** Channels that a unit takes. */
  readonly width: number;
  /** Whether cutting it is exact. */
  readonly exact: boolean;
}

/** An input or output that the network has in another shape, or no more. */
export interface SignatureChange {
  readonly name: string;
  readonly kind: "input" | "output";
  /** Sizes, or names of dimensions; null where nothing is said of one. */
  readonly before: readonly (number | string | null)[];
  /** Undefined where it left. */
  readonly after?: readonly (number | string | null)[];
}

/** What a step of several left. */
export interface StepReport {
  readonly after: Cost;
}

/** What was removed, what was not and why. JSON. */
export interface Report {
  readonly format: "prune-report/1";
  readonly before: Cost;
  readonly after: Cost;
  readonly layers: readonly LayerReport[];
  /** Groups that can be cut. */
  readonly groups: readonly GroupReport[];
  readonly graph: readonly NodeReport[];
  /** Inputs and outputs that changed, such as caches of heads that left. Undefined where none did. */
  readonly signature?: readonly SignatureChange[];
  /** What was decided by; of several steps, in the last one. Undefined where nothing was scored. */
  readonly importance?: readonly ImportanceReport[];
  /** Where it was done in several steps: what each left. */
  readonly steps?: readonly StepReport[];
  readonly blocked: readonly { readonly group: string; readonly reason: string; readonly node?: string }[];
  /** What the pruner had to say. */
  readonly notes?: PrunerNotes;
  /** Weights of linear layers that are zero before and after; only where weights were masked. */
  readonly zeros?: readonly [number, number];
  /** What else there is to know about the result, in sentences. Undefined where there is nothing. */
  readonly remarks?: readonly string[];
  /** Undefined when verification was turned off. */
  readonly verification?: Verification;
  /** What gave accuracy back, in order. Undefined where nothing did. */
  readonly recovery?: readonly RecoveryReport[];
  /** What was tried to find this result. Undefined where the target was given. */
  readonly search?: SearchReport;
  /** Whether training or a search was ended early, and this is the best so far. Undefined where it was not. */
  readonly interrupted?: true;
}

/** A search for the smallest network that is good enough. */
export interface SearchReport {
  /** What was made small. */
  readonly budget: Budget;
  /** How much less than the original's a value may be. */
  readonly maxDrop: number;
  /** What the original is worth. */
  readonly baseline: number;
  /** The networks that were measured, the largest first. */
  readonly tries: readonly Try[];
}

/** A network that was measured in a search. */
export interface Try {
  /** What was asked to be left, result / original. */
  readonly target: number;
  /** What was left. */
  readonly left: number;
  readonly cost: Cost;
  readonly value: number;
  /** Whether the value is no lower than is allowed. */
  readonly within: boolean;
}

/** What a recovery step did. */
export interface RecoveryReport {
  readonly name: string;
  /** Samples it had. */
  readonly samples: number;
  /** Of several steps, the one it belongs to, from 1. */
  readonly step?: number;
  readonly notes?: RecoveryNotes;
}

/** What a report says besides what a cut tells. */
export interface ReportParts extends Pick<Report, "verification" | "recovery" | "notes" | "importance"> {
  /** The graph without what was bypassed. Default: nothing was. */
  readonly left?: Graph;
  /** Weights that are zero before and after, by tensor. */
  readonly zeros?: ReadonlyMap<string, readonly [number, number]>;
}

export function reportOf(
  analysis: Analysis,
  costs: { readonly before: CostModel; readonly after: CostModel },
  cut: Cut,
  { verification, recovery = [], notes, zeros, importance = [], left: graph = analysis.graph }: ReportParts = {},
): Report {
  const count = (dim: number): number => cut.countOf(dim);
  const whole = (dim: number): number => analysis.space.dims.size(dim);
  const left = new Map(costs.after.layersAt(count).map((l) => [l.node.outputs[0], l.macs]));
  const before = costs.before.layersAt(whole);
  const macs = new Map(before.map((l) => [l.node, [l.macs, left.get(l.node.outputs[0]) ?? 0] as const]));
  const gone = new Set(before.map((l) => l.node.outputs[0]).filter((name) => !left.has(name)));
  const layers = analysis.layers.map(({ node, weight, groups }): LayerReport => {
    const outputs = groups.filter((g) => g.role === "output");
    const blocked = outputs.find((g) => g.group.blocked)?.group.blocked;
    const sizes = (weight?.dims ?? []).map(
      (size, axis) => [size, cut.kept({ value: weight!.name, axis }).count] as const,
    );
    const own = weight && zeros?.get(weight.name);
    const product = (i: 0 | 1): number => sizes.reduce((n, s) => n * s[i], 1);
    const leaving = ([before, after]: readonly [number, number]): [number, number] => [
      before,
      gone.has(node.outputs[0]) ? 0 : after,
    ];
    return {
      name: node.name || (node.outputs[0] ?? ""),
      opType: node.opType,
      channels: leaving(outputSizes(analysis, cut, node.outputs[0]!)),
      macs: macs.get(node) ?? [0, 0],
      params: leaving(weight ? [product(0), product(1)] : [0, 0]),
      groups: outputs.map((g) => g.group.id),
      ...(own ? { zeros: own } : {}),
      ...(blocked && outputs.every((g) => g.group.blocked) ? { blocked: blocked.reason } : {}),
    };
  });
  return {
    format: "prune-report/1",
    before: costs.before.original,
    after: costs.after.at(count),
    layers,
    groups: analysis.groups
      .filter((g) => !g.blocked)
      .map((group) => {
        const { id, kind, size, width, exact } = group;
        const gone = cut.removed.get(group);
        return { id, kind, size, kept: size - (gone?.reduce((n, x) => n + x, 0) ?? 0), width, exact };
      }),
    graph: graphReport(analysis, graph),
    ...signatureOf(analysis, graph, cut),
    ...(importance.length ? { importance } : {}),
    blocked: blockedIn(analysis),
    ...(notes ? { notes } : {}),
    ...(zeros
      ? { zeros: [0, 1].map((i) => [...zeros.values()].reduce((sum, z) => sum + z[i]!, 0)) as [number, number] }
      : {}),
    ...(verification ? { verification } : {}),
    ...(recovery.length ? { recovery } : {}),
    ...(recovery.some((step) => step.notes?.interrupted) ? { interrupted: true } : {}),
  };
}

/** Size of the output's feature axis (the one that holds a group) before and after. */
function outputSizes(analysis: Analysis, cut: Cut, value: string): [number, number] {
  const feature = analysis.space.features.find((f) => f.role === "output" && f.node.outputs[0] === value);
  if (!feature) return [0, 0];
  const kept = cut.kept(feature.axis);
  return [kept.size, kept.count];
}

/** The inputs and outputs that a cut, or what was bypassed, changed. */
function signatureOf({ bodies, shapes }: Analysis, left: Graph, cut: Cut): Pick<Report, "signature"> {
  // An output that a node with bodies yields is an input of the graph beside which these stand.
  const stays = new Set([...left.inputs, ...left.outputs].map((v) => v.name));
  const changes = (["input", "output"] as const).flatMap((kind): SignatureChange[] => {
    const values = kind === "input" ? bodies.inputs : bodies.outputs;
    return values.flatMap(({ name, dims }) => {
      const before = (dims ?? shapes.canonical.get(name) ?? []).map((d) => d ?? null);
      const axes = cut.axesOf(name);
      if (!stays.has(name)) return [{ name, kind, before }];
      return axes.size ? [{ name, kind, before, after: before.map((d, axis) => axes.get(axis)?.length ?? d) }] : [];
    });
  });
  return changes.length ? { signature: changes } : {};
}
