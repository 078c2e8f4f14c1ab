import type { Analysis, ChannelGroup } from "../src/index.ts";

/** The groups that may be cut, with the unit of every index of every member axis: `"w.0: 0 1 2 ."`, a dot for none. */
export function freeGroups(analysis: Analysis): Record<string, string[]> {
  return Object.fromEntries(analysis.groups.filter((g) => !g.blocked).map((g) => [headOf(g), membersOf(g)]));
}

/** Why the other groups may not be cut. */
export function blockedGroups(analysis: Analysis): Record<string, string> {
  return Object.fromEntries(analysis.groups.flatMap((g) => (g.blocked ? [[headOf(g), g.blocked.reason]] : [])));
}

/** The group with a given id. */
export function groupOf(analysis: Analysis, id: string): ChannelGroup {
  const group = analysis.groups.find((g) => g.id === id);
  if (!group) throw new Error(`There is no group "${id}" among ${analysis.groups.map((g) => g.id).join(", ")}.`);
  return group;
}

/** A decision to remove some units of a group. */
export const without = (group: ChannelGroup, ...units: readonly number[]): [ChannelGroup, Uint8Array] => [
  group,
  Uint8Array.from({ length: group.size }, (_, i) => Number(units.includes(i))),
];

const headOf = ({ id, size, kind, exact }: ChannelGroup): string => `${id}: ${size} ${kind}${exact ? "" : ", inexact"}`;

const membersOf = ({ members }: ChannelGroup): string[] =>
  members.map(({ tensor, axis, unitOf }) => {
    const units = Array.from({ length: tensor.dims[axis]! }, (_, i) => unitOf(i));
    return `${tensor.name}.${axis}: ${units.map((u) => (u < 0 ? "." : u)).join(" ")}`;
  });
