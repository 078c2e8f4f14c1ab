import { stringAttribute, type Node } from "../graph/node.ts";
import { feature, heads, needsZero, pin, same, type AxisRef, type Link } from "../solver/link.ts";
import { anyZero } from "./_broadcast.ts";
import { defineOp, type GradientContext, type OpContext, type OpHandler } from "./define-op.ts";

/**
 * A product of operands whose axes carry labels: equal labels are one axis, and those missing in the result are summed
 * over. `...` stands for axes that broadcast. A label that occurs twice in one operand takes a diagonal and is pinned.
 * Spec: ONNX Einsum 12.
 */
export const einsum: OpHandler = defineOp({
  type: "Einsum",
  multiplies: true,
  links: (op) => [...einsumLinks(op)],
  zero: anyZero,
  gradient: (op) => einsumGradient(op),
  macs: ({ node, in: inputs }) => {
    const shapes = inputs.map((dims) => dims ?? []);
    const { terms } = parse(node, shapes);
    return terms.length > 1 ? [...sizesOf(terms, shapes).values()].reduce((a, b) => a * b, 1) : 0;
  },
});

/**
 * The gradient of a factor is the product of the result's gradient with the other factors, summed over all labels that
 * the factor lacks, and spread over labels that it alone has. A diagonal has no such form.
 */
function einsumGradient(op: GradientContext): (string | undefined)[] | undefined {
  const {
    node,
    in: inputs,
    dy: [dy],
    g,
    needs,
  } = op;
  const shapes = inputs.map((v) => v!.dims);
  const parsed = parse(node, shapes);
  const sizes = sizesOf(parsed.terms, shapes);
  // Axes under an ellipsis get letters of their own.
  const spare = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".split("").filter((letter) => !sizes.has(letter));
  const letters = new Map([...sizes.keys()].map((label) => [label, label.startsWith(".") ? spare.shift()! : label]));
  const text = (labels: readonly string[]): string => labels.map((label) => letters.get(label)!).join("");
  if (parsed.terms.some((term) => new Set(term).size < term.length)) return undefined;
  return parsed.terms.map((term, k) => {
    if (!needs(k)) return undefined;
    const others = parsed.terms.flatMap((other, i) => (i === k ? [] : [{ name: inputs[i]!.name, labels: other, dims: shapes[i]! }])); // prettier-ignore
    const known = new Set([...parsed.result, ...others.flatMap((other) => other.labels)]);
    const shared = term.filter((label) => known.has(label));
    // Einsum wants equal sizes: an axis of size 1 that is stretched by the other factors is stretched here.
    const stretched = others.map(({ name, labels, dims }) => {
      const full = labels.map((label) => sizes.get(label)!);
      return full.every((size, i) => size === dims[i]) ? name : g.expand(name, full);
    });
    const equation = `${[parsed.result, ...others.map((o) => o.labels)].map(text).join()}->${text(shared)}`;
    const product = g.op("Einsum", [dy, ...stretched], { equation });
    const full = term.map((label) => sizes.get(label)!);
    const spread = g.expand(g.reshape(product, term.map((label) => (known.has(label) ? sizes.get(label)! : 1))), full); // prettier-ignore
    return g.sumTo(spread, full, shapes[k]!);
  });
}

/** An axis that carries a label in full, not stretched from 1. */
interface Labelled {
  readonly axis: AxisRef;
  readonly operand: number;
  readonly isWeight: boolean;
}

function* einsumLinks({ node, in: inputs, out: [y] }: OpContext): Generator<Link> {
  const operands = inputs.filter((v) => v !== undefined);
  if (!y) return;
  const shapes = operands.map((v) => v.dims);
  const { terms, result } = parse(node, shapes);
  const weighted = operands.some((v) => v.isWeight);
  const sizes = sizesOf(terms, shapes);
  const contracts = [...sizes.keys()].some((label) => !result.includes(label));
  for (const [label, size] of sizes) {
    const places: Labelled[] = terms.flatMap((term, operand) => {
      const v = operands[operand]!;
      return term.flatMap((l, i) =>
        l === label && v.dim(i) === size ? [{ axis: v.axis(i), operand, isWeight: v.isWeight }] : [],
      );
    });
    const [first, ...others] = places.map((p) => p.axis);
    const holders = new Set(places.map((p) => p.operand)).size;
    const shared = holders > 1;
    const weights = places.filter((p) => p.isWeight);
    for (const axis of others) yield same(first!, axis);
    if (holders < places.length) yield pin(first!, "is taken along a diagonal by Einsum");
    if (!result.includes(label)) {
      if (shared && weights.length) for (const { axis } of weights) yield feature(axis, "input");
      else
        yield needsZero(
          places.map((p) => p.axis),
          "is summed over by Einsum",
        );
      continue;
    }
    const to = y.axis(result.indexOf(label));
    yield same(first!, to);
    if (!shared && weights.length && operands.length > 1) yield feature(first!);
    if (shared && contracts && !weighted) yield heads(to);
  }
}

/** Labels of every axis of the operands and of the result; axes under an ellipsis are `.1` (the last), `.2`, … */
function parse(node: Node, shapes: readonly (readonly number[])[]): { terms: string[][]; result: string[] } {
  const [left, right] = stringAttribute(node, "equation", "").replaceAll(" ", "").split("->");
  const texts = left!.split(",");
  const covered = (text: string, n: number): number => shapes[n]!.length - text.replace("...", "").length;
  const terms = texts.map((text, n) => labelsOf(text, covered(text, n)));
  const widest = Math.max(0, ...texts.map((text, n) => (text.includes("...") ? covered(text, n) : 0)));
  if (right !== undefined) return { terms, result: labelsOf(right, widest) };
  // Without a right side: the ellipsis, then the labels that occur once, in alphabetical order.
  const all = terms.flat().filter((label) => !label.startsWith("."));
  const once = all.filter((label) => all.indexOf(label) === all.lastIndexOf(label)).sort();
  return { terms, result: [...labelsOf("...", widest), ...once] };
}

function labelsOf(text: string, covered: number): string[] {
  const at = text.indexOf("...");
  if (at < 0) return text.split("");
  const broadcast = Array.from({ length: covered }, (_, i) => `.${covered - i}`);
  return [...text.slice(0, at).split(""), ...broadcast, ...text.slice(at + 3).split("")];
}

function sizesOf(terms: readonly (readonly string[])[], shapes: readonly (readonly number[])[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const [n, term] of terms.entries()) {
    for (const [i, label] of term.entries()) sizes.set(label, Math.max(sizes.get(label) ?? 1, shapes[n]![i]!));
  }
  return sizes;
}
