import { isPruneError } from "../errors.ts";
import { cutOf, type RemovedUnits } from "../plan/cut.ts";
import { parseTarget, type TargetOption } from "../plan/target.ts";
import type { PruneContext, Pruner } from "../pruner.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import { Findings } from "./findings.ts";
import { pruneContext } from "./prune-context.ts";
import { analyzeSample, sampleNetworks } from "./sample-networks.ts";

export interface PrunerCheckOptions {
  /** Whether it removes the units of lowest importance from each group; false for one that goes by something else. Default true. */
  readonly ranks?: boolean;
}

const TARGETS: readonly TargetOption[] = [
  { sparsity: 0.5 },
  { macs: 0.7 },
  { params: 0.7 },
  { bytes: 0.8 },
  { macs: 1 },
];
/** Below what any pruner can reach that leaves every group a unit. */
const OUT_OF_REACH: TargetOption = { macs: 1e-6 };

/**
 * Holds a pruner to its laws on some tiny networks and targets: it has a name; it decides on groups it was given, says
 * 0 or 1 for each of their units and leaves every group a unit; it goes by importance; it meets a budget or says, with
 * an error, that it cannot; it decides the same every time; and it changes no weight.
 * @returns the laws that it breaks, in words; empty when all hold
 */
export async function checkPruner(pruner: Pruner, { ranks = true }: PrunerCheckOptions = {}): Promise<string[]> {
  const findings = new Findings();
  if (!/^[\w./@-]+$/.test(pruner.name)) findings.add(`has no name that a command line could take: "${pruner.name}"`);
  for (const sample of sampleNetworks()) {
    const analysis = await analyzeSample(sample);
    for (const option of pruner.untargeted ? [TARGETS[0]!] : [...TARGETS, OUT_OF_REACH]) {
      const [name, value] = Object.entries(option)[0]!;
      const place = `sample "${sample.name}", target ${name}=${value}`;
      const context = pruneContext(analysis, parseTarget(option));
      const before = weightsOf(analysis);
      const removed = await decide(pruner, context, place, findings);
      const again = removed && (await decide(pruner, context, place, findings));
      if (weightsOf(analysis) !== before) findings.add("changes the weights", place);
      if (option === OUT_OF_REACH && removed) findings.add("does not say that a target is out of reach", place);
      if (!removed || !again) continue;
      if (!checkUnits(removed, context, place, findings)) continue;
      if (textOf(again) !== textOf(removed)) findings.add("decides otherwise the second time", place);
      if (ranks) await checkRanks(removed, context, place, findings);
      if (option !== OUT_OF_REACH) checkBudget(removed, context, place, findings);
    }
    const nothing = { ...pruneContext(analysis, { sparsity: 0.5 }), groups: [] };
    const decided = await decide(pruner, nothing, `sample "${sample.name}", no groups`, findings);
    if (decided?.size) findings.add("decides on groups that it was not given", `sample "${sample.name}", no groups`);
  }
  return findings.list();
}

/** The decision; undefined where the pruner says that there is none, with the errors that are there for it. */
async function decide(
  pruner: Pruner,
  context: PruneContext,
  place: string,
  findings: Findings,
): Promise<RemovedUnits | undefined> {
  return findings.attempt("throws", place, async () => {
    try {
      return (await pruner.decide(context)).removed;
    } catch (error) {
      if (isPruneError(error) && (error.code === "target-unreachable" || error.code === "nothing-to-prune"))
        return undefined;
      throw error;
    }
  });
}

function checkUnits(removed: RemovedUnits, { groups }: PruneContext, place: string, findings: Findings): boolean {
  const problems = [...removed].flatMap(([group, gone]) => {
    const problem = !groups.includes(group)
      ? "decides on groups that it was not given"
      : gone.length !== group.size
        ? "does not say one thing per unit"
        : gone.some((x) => x > 1)
          ? "says something other than 0 and 1"
          : gone.includes(0)
            ? undefined
            : "leaves nothing of a group";
    return problem ? [{ problem, group }] : [];
  });
  for (const { problem, group } of problems) findings.add(problem, `group "${group.id}", ${place}`);
  return problems.length === 0;
}

async function checkRanks(
  removed: RemovedUnits,
  context: PruneContext,
  place: string,
  findings: Findings,
): Promise<void> {
  for (const [group, gone] of removed) {
    const scores = await context.score(group);
    const of = (state: 0 | 1): number[] => Array.from(scores).filter((_, unit) => gone[unit] === state);
    if (Math.max(...of(1)) > Math.min(...of(0)))
      findings.add("removes a unit and keeps one of lower importance", `group "${group.id}", ${place}`);
  }
}

function checkBudget(
  removed: RemovedUnits,
  { analysis, costs, target }: PruneContext,
  place: string,
  findings: Findings,
): void {
  if ("sparsity" in target) return;
  const cut = cutOf(analysis, removed);
  const left = costs.at((dim) => cut.countOf(dim))[target.budget] / costs.original[target.budget];
  if (left > target.ratio + 1e-6)
    findings.add("misses its budget without a word", `${left.toFixed(3)} is left, ${place}`);
}

const weightsOf = ({ graph }: Analysis): string =>
  [...graph.parameters.values()].map((t) => t.bytes().join()).join(";");

const textOf = (removed: RemovedUnits): string =>
  [...removed]
    .map(([{ id }, gone]: readonly [ChannelGroup, Uint8Array]) => `${id}:${gone.join("")}`)
    .toSorted()
    .join();
