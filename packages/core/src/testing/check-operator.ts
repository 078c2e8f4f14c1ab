import type { Graph } from "../graph/graph.ts";
import type { Runtime } from "../model.ts";
import type { OpContext, OpHandler } from "../ops/define-op.ts";
import { applyCut } from "../plan/apply-cut.ts";
import { cutOf, type RemovedUnits } from "../plan/cut.ts";
import { verify } from "../plan/verify.ts";
import { analyze, type Analysis } from "../solver/analyze.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import { handlersFor } from "../solver/handlers.ts";
import { probe } from "../solver/probe.ts";
import { Findings } from "./findings.ts";
import { linkProblem } from "./link-problem.ts";

/** A network around an operator: a layer that yields what it reads, and one that reads what it yields. */
export interface OperatorExample {
  readonly name: string;
  readonly graph: Graph;
}

export interface OperatorCheckOptions {
  /** Cuts of single units that are tried per group. Default 6. */
  readonly units?: number;
}

/**
 * Holds an operator's rules to their laws, on networks that a runtime runs: what `links` says fits the operands; `macs`
 * is a finite number; whatever unit of a group is cut, the result runs with the same outputs' shapes; and where the
 * rules call that exact, it computes what the network does with the unit's weights set to zero.
 * @param examples networks with the operator in different forms, each at least once between layers that can be cut
 * @returns the laws that it breaks, in words; empty when all hold
 */
export async function checkOperator(
  handler: OpHandler,
  examples: readonly OperatorExample[],
  runtime: Runtime,
  { units = 6 }: OperatorCheckOptions = {},
): Promise<string[]> {
  const findings = new Findings();
  let cuts = 0;
  for (const { name, graph } of examples) {
    const place = `example "${name}"`;
    if (!graph.nodes.some((node) => handlersFor(graph, [handler])(node) === handler)) {
      findings.add(`is not in an example that is there for it`, place);
      continue;
    }
    const analysis = await findings.attempt("is in a network that cannot be analysed", place, () =>
      analyze(graph, (unshared) => probe(unshared, runtime), { operators: [handler], width: true, heads: "both" }),
    );
    if (!analysis) continue;
    const ofHandler = analysis.graph.nodes.filter((node) => analysis.lookup(node) === handler);
    for (const node of ofHandler)
      await checkRules(handler, analysis.operands.contextOf(node), analysis, place, findings);
    for (const [removed, what] of choicesOf(analysis, units)) {
      cuts++;
      await checkCut(analysis, removed, runtime, `${what}, ${place}`, findings);
    }
  }
  if (examples.length && !cuts) findings.add("leaves nothing that could be cut in any example");
  return findings.list();
}

async function checkRules(
  handler: OpHandler,
  op: OpContext,
  { shapes }: Analysis,
  place: string,
  findings: Findings,
): Promise<void> {
  const links = await findings.attempt("throws in links", place, () => handler.links?.(op) ?? []);
  const loose = await findings.attempt("throws in looseLinks", place, () => handler.looseLinks?.(op, () => true) ?? []);
  for (const list of [links ?? [], loose ?? []]) {
    const problem = linkProblem(list, op);
    if (problem) findings.add("says something in links that does not fit its operands", `${problem}, ${place}`);
  }
  const sizes = (names: readonly string[]): (readonly number[] | undefined)[] =>
    names.map((v) => shapes.canonical.get(v));
  const macs = await findings.attempt("throws in macs", place, () =>
    handler.macs?.({ node: op.node, in: sizes(op.node.inputs), out: sizes(op.node.outputs) }),
  );
  if (macs !== undefined && !(Number.isFinite(macs) && macs >= 0))
    findings.add("counts macs that are no number from 0 up", `${macs}, ${place}`);
}

/** Cuts to try: some units of every free group by themselves, then a part of all exact groups at once. */
function choicesOf({ groups }: Analysis, limit: number): (readonly [RemovedUnits, string])[] {
  const free = groups.filter((g) => !g.blocked);
  const only = (group: ChannelGroup, gone: (unit: number) => boolean): readonly [ChannelGroup, Uint8Array] => [
    group,
    Uint8Array.from({ length: group.size }, (_, unit) => Number(gone(unit))),
  ];
  const single = free.flatMap((group) => {
    const step = Math.max(1, (group.size - 1) / (limit - 1));
    const count = Math.min(limit, group.size);
    return Array.from({ length: count }, (_, i) => {
      const chosen = Math.round(i * step);
      return [new Map([only(group, (unit) => unit === chosen)]), `unit ${chosen} of "${group.id}"`] as const;
    });
  });
  const exact = free.filter((g) => g.exact);
  const many = new Map(exact.map((group, g) => only(group, (unit) => unit > 0 && (unit + g) % 3 === 1)));
  return exact.length > 1 ? [...single, [many, "parts of all groups"]] : single;
}

async function checkCut(
  analysis: Analysis,
  removed: RemovedUnits,
  runtime: Runtime,
  place: string,
  findings: Findings,
): Promise<void> {
  const cut = cutOf(analysis, removed);
  const pruned = await findings.attempt("throws in cut", place, () => applyCut(analysis, cut));
  if (pruned)
    await findings.attempt("is not the masked network after a cut", place, () =>
      verify(analysis, cut, pruned, runtime),
    );
}
