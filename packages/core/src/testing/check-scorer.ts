import { float32Tensor, type Tensor } from "../graph/tensor.ts";
import { nodeOf } from "../graph/node.ts";
import type { Scorer, ScoreContext } from "../scorer.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";

/** A group made of one weight's output axis and another's input axis, for tests: `[units, n]` and `[m, units]`. */
export function sampleGroup(
  out: readonly (readonly number[])[],
  into: readonly (readonly number[])[] = [],
): ChannelGroup {
  const matrix = (name: string, rows: readonly (readonly number[])[]): Tensor =>
    float32Tensor(name, rows.flat(), [rows.length, rows[0]?.length ?? 0]);
  const member = (tensor: Tensor, axis: number, role: "output" | "input"): ChannelGroup["members"][number] => ({
    tensor,
    axis,
    role,
    unitOf: (index) => index,
    node: nodeOf("Gemm", ["x", tensor.name], [`${tensor.name}/y`]),
  });
  const members = [member(matrix("out", out), 0, "output")];
  if (into.length) members.push(member(matrix("into", into), 1, "input"));
  return {
    id: "out",
    kind: "channels",
    size: out.length,
    width: 1,
    members,
    layers: members.map((m) => m.node),
    blocked: undefined,
    exact: true,
  };
}

/**
 * The laws of a scorer: one finite number per unit, the same every time, without touching the weights.
 * @returns the broken laws, in words; empty when all hold
 */
export async function checkScorer(scorer: Scorer, group: ChannelGroup, context: ScoreContext): Promise<string[]> {
  const broken: string[] = [];
  if (!scorer.name) broken.push("a scorer has a name");
  const bytes = (): string => group.members.map((m) => m.tensor.bytes().join()).join(";");
  const before = bytes();
  const scores = await scorer.score(group, context);
  const again = await scorer.score(group, context);
  if (scores.length !== group.size) broken.push(`gives ${scores.length} scores for ${group.size} units`);
  if (!scores.every(Number.isFinite)) broken.push("gives a score that is not finite");
  if (scores.join() !== again.join()) broken.push("gives other scores the second time");
  if (bytes() !== before) broken.push("changes the weights it reads");
  return broken;
}
