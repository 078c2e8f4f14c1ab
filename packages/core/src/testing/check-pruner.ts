import type { PruneContext, Pruner } from "../pruner.ts";

/**
 * The laws of a pruner: it decides on groups it was given, says one thing for each unit, leaves every group a unit,
 * and decides the same every time.
 * @returns the broken laws, in words; empty when all hold
 */
export async function checkPruner(pruner: Pruner, context: PruneContext): Promise<string[]> {
  const broken: string[] = [];
  if (!pruner.name) broken.push("a pruner has a name");
  const removed = await pruner.decide(context);
  const again = await pruner.decide(context);
  for (const [group, gone] of removed) {
    if (!context.groups.includes(group)) broken.push(`decides on group "${group.id}", which it was not given`);
    if (gone.length !== group.size)
      broken.push(`says ${gone.length} things about the ${group.size} units of "${group.id}"`);
    if (!gone.includes(0)) broken.push(`leaves nothing of group "${group.id}"`);
    if (again.get(group)?.join() !== gone.join()) broken.push(`decides otherwise on "${group.id}" the second time`);
  }
  return broken;
}
