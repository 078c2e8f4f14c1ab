import { nodeOf, type Attribute, type Node } from "../graph/node.ts";
import { float32Tensor, int64Tensor, sizeOf, toNumbers, type Tensor } from "../graph/tensor.ts";
import type { CutContext, Kept, OpContext, OpHandler, Operand } from "../ops/define-op.ts";
import type { AxisRef, Link, Term } from "../solver/link.ts";

/** What a test says about one input or output. */
interface OperandSpec {
  /** Default: as many as `ints` or `floats` has elements. */
  readonly dims?: readonly number[];
  /** Elements that are the same in every run: an int64 constant, or else (`computed`) shape arithmetic. */
  readonly ints?: readonly number[];
  readonly computed?: boolean;
  /** Elements of a float32 constant. */
  readonly floats?: readonly number[];
  /** Whether the value is computed from constants alone. Default: whether `floats` are given. */
  readonly weight?: boolean;
  /** Axes whose sizes depend on the graph's inputs. */
  readonly dynamic?: readonly number[];
}

/** A node for a test: inputs are called `x0`, `x1`, …, outputs `y0`, `y1`, …; a bare list of numbers is the dims. */
export interface OpSpec {
  readonly type: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, number | string | readonly number[] | Attribute>>;
  readonly in: readonly (OperandSpec | readonly number[] | undefined)[];
  readonly out: readonly (OperandSpec | readonly number[] | undefined)[];
  /** Default 17. */
  readonly opset?: number;
}

/** What the `links`, `zero` and `macs` rules of an operator see of a node; for tests. */
export function opContext(spec: OpSpec): OpContext {
  const inputs = spec.in.map((s, i) => operandOf(`x${i}`, s));
  const outputs = spec.out.map((s, i) => operandOf(`y${i}`, s));
  const names = (list: readonly (Operand | undefined)[]): string[] => list.map((o) => o?.name ?? "");
  const node = nodeOf(spec.type, names(inputs), names(outputs), spec.attributes);
  return {
    node: spec.domain === undefined ? node : { ...node, domain: spec.domain },
    in: inputs,
    out: outputs,
    opset: spec.opset ?? 17,
  };
}

/** A {@link CutContext} that remembers the constants that a rule adds. */
interface TestCutContext extends CutContext {
  /** Elements of every added constant by name: `c0`, `c1`, … in the order they were asked for. */
  readonly constants: ReadonlyMap<string, Tensor>;
}

/**
 * What an operator's `cut` rule sees; for tests.
 * @param kept the indices that stay by axis (`"x0.1"`: axis 1 of the first input) or factor name; the rest is whole.
 */
function cutContext(
  handler: OpHandler,
  spec: OpSpec,
  kept: Readonly<Record<string, readonly number[]>>,
): TestCutContext {
  const op = opContext(spec);
  const factors = factorsOf(handler.links?.(op) ?? []);
  const sizes = new Map(
    [...op.in, ...op.out].flatMap((o) => (o ? o.dims.map((d, i) => [`${o.name}.${i}`, d] as [string, number]) : [])),
  );
  const constants = new Map<string, Tensor>();
  let fresh = 0;
  const add = (tensor: (name: string) => Tensor): string => {
    const name = `c${constants.size}`;
    constants.set(name, tensor(name));
    return name;
  };
  return {
    ...op,
    constants,
    kept: (axis) => keptOf(sizes.get(termText(axis))!, kept[termText(axis)]),
    keptFactor: (name) => {
      const own = factors.get(name);
      if (own === undefined) throw new Error(`The links of ${spec.type} name no factor "${name}".`);
      return keptOf(own, kept[name]);
    },
    int64: (values, dims) => add((name) => int64Tensor(name, values, dims)),
    float: (like, values, dims) => add((name) => ({ ...float32Tensor(name, values, dims), dtype: like })),
    fresh: (hint) => `${hint}${fresh++}`,
  };
}

/** A node's links, one readable line each: `"x0.0 * x1.1 = y0.1"`, `"x0.1[2..5] = y0.1[0..3]"`, `"pin x0.2: reason"`. */
export function linkTexts(handler: OpHandler, spec: OpSpec): string[] {
  return (handler.links?.(opContext(spec)) ?? []).map(linkText);
}

/** What a node says instead where an axis is torn; undefined where it has nothing else to say. */
export function looseTexts(handler: OpHandler, spec: OpSpec, tornAxis: string): string[] | undefined {
  return handler.looseLinks?.(opContext(spec), (axis) => termText(axis) === tornAxis)?.map(linkText);
}

/** The nodes a `cut` rule emits, one line each: `"Slice(x0, [0], [3], [1]) -> y0"`; undefined where it changes nothing. */
export function cutTexts(
  handler: OpHandler,
  spec: OpSpec,
  kept: Readonly<Record<string, readonly number[]>>,
): string[] | undefined {
  const op = cutContext(handler, spec, kept);
  return handler.cut?.(op)?.map((node) => nodeText(node, op.constants));
}

function linkText(link: Link): string {
  const product = (terms: readonly Term[]): string => terms.map(termText).join(" * ") || "1";
  const range = (axis: AxisRef, start: number, length: number): string =>
    `${termText(axis)}[${start}..${start + length}]`;
  switch (link.kind) {
    case "equal":
      return `${product(link.left)} = ${product(link.right)}`;
    case "segment":
      return `${range(link.from, link.fromStart, link.length)} = ${range(link.to, link.toStart, link.length)}`;
    case "map":
      return `${termText(link.to)} = ${termText(link.from)}[${Array.from(link.indices).join(" ")}]`;
    case "pin":
      return `pin ${termText(link.axis)}${link.index === undefined ? "" : `[${link.index}]`}: ${link.reason}`;
    case "balanced":
      return `balanced ${termText(link.axis)} / ${link.blocks}: ${link.reason}`;
    case "blocks":
      return `blocks ${termText(link.factor)}`;
    case "needs-zero":
      return `needs-zero ${link.anyOf.map(termText).join(" or ")}: ${link.reason}`;
    case "lookup":
      return `${link.kind} ${termText(link.axis)}: by ${link.by}`;
    case "inexact":
    case "needs-nonzero":
      return `${link.kind} ${termText(link.axis)}: ${link.reason}`;
    default:
      return `${link.kind} ${termText(link.axis)}`;
  }
}

function nodeText(node: Node, constants: ReadonlyMap<string, Tensor>): string {
  const input = (name: string): string => {
    const tensor = constants.get(name);
    if (!tensor) return name;
    const values = toNumbers(tensor).join(" ");
    return tensor.dims.length === 0 ? values : `[${values}]`;
  };
  const attributes = Object.entries(node.attributes).map(([name, a]) =>
    a.type === "tensor" || a.type === "graph" || a.type === "raw" ? name : `${name}=${String(a.value)}`,
  );
  return `${node.opType}(${[...node.inputs.map(input), ...attributes].join(", ")}) -> ${node.outputs.join(", ")}`;
}

const termText = (term: Term): string =>
  "factor" in term ? `${term.factor}:${term.size}` : `${term.value}.${term.axis}`;

function factorsOf(links: readonly Link[]): Map<string, number> {
  const factors = new Map<string, number>();
  for (const link of links) {
    const terms =
      link.kind === "equal"
        ? [...link.left, ...link.right]
        : link.kind === "map"
          ? [link.from, link.to]
          : link.kind === "blocks"
            ? [link.factor]
            : [];
    for (const term of terms) if ("factor" in term) factors.set(term.factor, term.size);
  }
  return factors;
}

function keptOf(size: number, indices: readonly number[] | undefined): Kept {
  const list = indices ?? Array.from({ length: size }, (_, i) => i);
  return { size, count: list.length, indices: list, whole: list.length === size };
}

function operandOf(name: string, spec: OperandSpec | readonly number[] | undefined): Operand | undefined {
  if (!spec) return undefined;
  const { ints, floats, computed, weight, dynamic, dims: stated }: OperandSpec = isDims(spec) ? { dims: spec } : spec;
  const dims = stated ?? [(ints ?? floats ?? []).length];
  const resolve = (axis: number): number => (axis < 0 ? axis + dims.length : axis);
  if ((ints ?? floats) && (ints ?? floats)!.length !== sizeOf(dims))
    throw new Error(`${name}: elements do not fill ${dims.join("×")}`);
  return {
    name,
    dims,
    rank: dims.length,
    axis: (axis) => ({ value: name, axis: resolve(axis) }),
    dim: (axis) => dims[resolve(axis)]!,
    isDynamic: (axis) => dynamic?.includes(resolve(axis)) ?? false,
    ints,
    tensor: floats ? float32Tensor(name, floats, dims) : ints && !computed ? int64Tensor(name, ints, dims) : undefined,
    isWeight: weight ?? floats !== undefined,
  };
}

const isDims = (spec: OperandSpec | readonly number[]): spec is readonly number[] => Array.isArray(spec);

/** Which of several handlers speaks of a node: the right type, and the highest `since` that is not above its opset. */
export function handlerIn(handlers: readonly OpHandler[], { type, opset = 17 }: OpSpec): OpHandler {
  const fitting = handlers.filter((h) => h.type === type && (h.since ?? 1) <= opset);
  const newest = fitting.sort((a, b) => (b.since ?? 1) - (a.since ?? 1))[0];
  if (!newest) throw new Error(`No rule for ${type} at opset ${opset}.`);
  return newest;
}
