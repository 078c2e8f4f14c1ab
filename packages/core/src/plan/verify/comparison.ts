import { errorVerification } from "../../errors.ts";
import type { RunTensor, RunValues } from "../../model.ts";
import type { Cut } from "../cut.ts";
import { sliceValue } from "../slice-value.ts";
import { difference, toleranceFor } from "./compare.ts";
import type { OpenedLayer } from "./layers.ts";

/** A value of the original, and the one of the pruned graph that must equal its kept slices. */
interface Pair {
  readonly from: string;
  readonly to: string;
  /** The first layer that reads it; for a graph output its name. */
  readonly title: string;
}

/** Compares what reaches layers and outputs of two graphs, in whatever order the values come. */
export class Comparison {
  /** The largest difference so far. */
  worst = 0;
  /** How many values had numbers to compare. */
  proven = 0;
  /** Layers and outputs whose values are nowhere finite, on both sides. */
  readonly unproven: string[] = [];
  readonly #cut: Cut;
  readonly #tolerance: number;
  readonly #open: Set<Pair>;
  readonly #originals = new Map<string, RunTensor>();
  readonly #partners = new Map<string, RunTensor>();

  constructor(layers: readonly OpenedLayer[], ends: readonly string[], cut: Cut, tolerance: number) {
    this.#cut = cut;
    this.#tolerance = tolerance;
    const pairs = new Map<string, Pair>();
    const add = (from: string, to: string, title: string): void => {
      const key = JSON.stringify([from, to]);
      if (!pairs.has(key)) pairs.set(key, { from, to, title });
    };
    for (const { node, partner, input, title } of layers) add(node.inputs[input]!, partner.inputs[input]!, title);
    for (const name of ends) add(name, name, name);
    this.#open = new Set(pairs.values());
  }

  /** Names of the original's values that are compared. */
  originals(): string[] {
    return [...this.#open].map((pair) => pair.from);
  }

  /** Names of the pruned graph's values that are compared. */
  partners(): string[] {
    return [...this.#open].map((pair) => pair.to);
  }

  addOriginals(values: RunValues): void {
    for (const [name, value] of Object.entries(values)) {
      this.#originals.set(name, sliceValue(value, this.#cut.axesOf(name)));
    }
  }

  /** Takes values of the pruned graph, and compares all that can be. @throws {PruneError} `verification-failed` */
  addPartners(values: RunValues): void {
    for (const [name, value] of Object.entries(values)) this.#partners.set(name, value);
    const done: Pair[] = [];
    for (const pair of this.#open) {
      const [a, b] = [this.#originals.get(pair.from), this.#partners.get(pair.to)];
      if (!a || !b) continue;
      this.#compare(a, b, pair.title);
      done.push(pair);
    }
    for (const pair of done) this.#open.delete(pair);
    this.#forget();
  }

  #compare(a: RunTensor, b: RunTensor, title: string): void {
    const { error, proven } = difference(a, b);
    const limit = toleranceFor(a.dtype, this.#tolerance);
    if (error > limit) {
      throw errorVerification(`what reaches ${title} differs by ${error.toExponential(2)} (limit ${limit})`, title);
    }
    if (proven) this.proven++;
    else this.unproven.push(title);
    this.worst = Math.max(this.worst, error);
  }

  /** Lets go of values that no open pair needs. */
  #forget(): void {
    const needed = new Set([...this.#open].flatMap(({ from, to }) => [`a${from}`, `b${to}`]));
    for (const name of this.#originals.keys()) if (!needed.has(`a${name}`)) this.#originals.delete(name);
    for (const name of this.#partners.keys()) if (!needed.has(`b${name}`)) this.#partners.delete(name);
  }
}
