import {
  axisKey,
  consumersOf,
  producersOf,
  unitsAlong,
  type Analysis,
  type AxisRef,
  type ChannelGroup,
  type LinearLayer,
  type Node,
} from "@prune/core";
import { type Bias, biasOf } from "./bias.ts";
import { byUnit, UNIFORM, weakest, ZERO, type Facts, type Weights } from "./weights.ts";

/** Follows what is known of the units of a group from the weights through the network. */
export interface Follower {
  /** Of a value's slices; undefined where it has none of the group's. */
  readonly of: (value: string) => Facts | undefined;
  /** Of the slices along one axis of a constant, or of what is computed. */
  readonly along: (axis: AxisRef) => Facts | undefined;
}

/** A place where a layer sums over units of a group. */
export interface Contraction {
  readonly weight: AxisRef;
  /** What the weight is multiplied with. */
  readonly data: readonly AxisRef[];
  /** The one linear layer that it is part of, where there is one. */
  readonly layer: LinearLayer | undefined;
  /** What can take up constants that it always adds. */
  readonly bias: Bias | undefined;
}

/** A place where a layer sums over features. */
interface Sum {
  readonly weight: AxisRef;
  readonly node: Node;
  /** What a weight of the node may be multiplied with. */
  readonly data: readonly AxisRef[];
  readonly layers: readonly LinearLayer[];
}

/** What the rules of an analysis say, looked up once. */
export interface Rules {
  readonly analysis: Analysis;
  readonly producers: ReadonlyMap<string, Node>;
  readonly consumers: ReadonlyMap<string, readonly Node[]>;
  readonly sums: readonly Sum[];
  /** Axes that a node sums over: their slices do not become slices of its output. */
  readonly summed: ReadonlyMap<Node, ReadonlySet<string>>;
  /** Value → the value that it is a permutation of. */
  readonly shuffled: ReadonlyMap<string, string>;
}

export function rulesOf(analysis: Analysis): Rules {
  const { graph, space } = analysis;
  const sums = space.features
    .filter(({ role, axis }) => role === "input" && analysis.operands.of(axis.value)!.dim(axis.axis) > 1)
    .map(({ axis, node }) => sumOf(analysis, axis, node));
  const summed = new Map<Node, Set<string>>();
  const add = (node: Node, axes: readonly AxisRef[]): void => {
    const known = summed.get(node) ?? new Set<string>();
    summed.set(node, known);
    for (const axis of axes) known.add(axisKey(axis));
  };
  for (const { node, weight, data } of sums) add(node, [weight, ...data]);
  for (const { kind, axes, mark } of space.conditions) if (kind === "needs-zero" && mark.node) add(mark.node, axes);
  const shuffled = new Map(space.shuffles.flatMap((s) => s.exits.map((e) => [e.value, s.root] as const)));
  return { analysis, producers: producersOf(graph), consumers: consumersOf(graph), sums, summed, shuffled };
}

function sumOf({ space, operands, linear }: Analysis, weight: AxisRef, node: Node): Sum {
  const layers = linear.filter((l) => l.node === node);
  if (layers.length) return { weight, node, layers, data: layers.map((l) => l.input) };
  const dims = new Set(space.dimsOf(weight));
  const data = node.inputs.flatMap((name) => {
    const operand = operands.of(name);
    if (!operand || operand.isWeight) return [];
    return operand.dims.map((_, i) => operand.axis(i)).filter((axis) => space.dimsOf(axis).some((d) => dims.has(d)));
  });
  return { weight, node, layers, data };
}

/** The sums over units of a group. */
export function contractionsOf({ analysis, consumers, sums }: Rules, group: ChannelGroup): Contraction[] {
  const holds = (axis: AxisRef): boolean => unitsAlong(analysis, group, axis) !== undefined;
  return sums.flatMap(({ weight, data, layers }) => {
    if (!holds(weight)) return [];
    const own = layers.filter((l) => holds(l.input));
    const layer = own.length === 1 ? own[0] : undefined;
    return [{ weight, data: data.filter(holds), layer, bias: layer && biasOf(analysis, consumers, layer) }];
  });
}

/** Follows one group; nothing is computed before it is asked for. */
export function follow(rules: Rules, weights: Weights, group: ChannelGroup): Follower {
  const { analysis, producers, summed, shuffled } = rules;
  const { operands, lookup } = analysis;
  const known = new Map<string, Facts | undefined>();

  /** The axes of a value that hold units of the group. */
  const axesOf = (value: string): AxisRef[] => {
    const operand = operands.of(value);
    const axes = operand?.dims.map((_, i) => operand.axis(i)) ?? [];
    return axes.filter((axis) => unitsAlong(analysis, group, axis));
  };

  const constantAlong = ({ value, axis }: AxisRef): Facts =>
    byUnit(
      weights.along(operands.constants.get(value)!, axis),
      unitsAlong(analysis, group, { value, axis })!,
      group.size,
    );

  const of = (value: string): Facts | undefined => {
    if (!value) return undefined;
    if (!known.has(value)) known.set(value, find(value));
    return known.get(value);
  };

  const find = (value: string): Facts | undefined => {
    const root = shuffled.get(value);
    if (root !== undefined) return of(root);
    const axes = axesOf(value);
    if (!axes.length) return undefined;
    if (operands.constants.has(value)) return weakest(axes.map(constantAlong));
    const node = producers.get(value);
    return node ? throughNode(node, axes.length) : new Uint8Array(group.size);
  };

  /** What an input says of the slices that a node's output has: those along axes that the node does not sum over. */
  const inputOf = (node: Node, value: string): Facts | undefined => {
    const axes = axesOf(value).filter((axis) => !summed.get(node)?.has(axisKey(axis)));
    if (!axes.length) return undefined;
    return operands.constants.has(value) ? weakest(axes.map(constantAlong)) : of(value);
  };

  const throughNode = (node: Node, outputAxes: number): Facts => {
    const facts = new Uint8Array(group.size);
    const handler = lookup(node);
    const inputs = node.inputs.map((name) => inputOf(node, name));
    if (!handler || !inputs.some(Boolean)) return facts;
    const op = operands.contextOf(node);
    for (let unit = 0; unit < group.size; unit++) {
      const at = (least: number): (boolean | undefined)[] => inputs.map((input) => input && input[unit]! >= least);
      const zero = at(ZERO);
      // Of an outer product each operand vouches for one axis only.
      const vouched = outputAxes === 1 || zero.every((z) => z !== false);
      if (vouched && handler.zero?.(zero, op)) facts[unit] = ZERO;
      else if (outputAxes === 1 && handler.uniform?.(at(UNIFORM), zero, op)) facts[unit] = UNIFORM;
    }
    return facts;
  };

  return {
    of,
    along: (axis) =>
      operands.constants.has(axis.value) && unitsAlong(analysis, group, axis) ? constantAlong(axis) : of(axis.value),
  };
}
