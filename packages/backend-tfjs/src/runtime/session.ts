import { type Graph, type Node, type RunTensor, type RunValues, type Session } from "@prune/core"; // prettier-ignore
import * as tf from "@tensorflow/tfjs-core";
import { errorMissingFeed, errorRuntime, errorUnknownFetch } from "../errors.ts";
import type { Kernel, KernelContext } from "./kernel.ts";
import { kernelFor } from "./kernels/index.ts";
import { feed, fetch, upload } from "./tensors.ts";
import type { Value } from "./value.ts";

/** A node, how it is computed, and which values nobody reads after it. */
interface Step {
  readonly node: Node;
  readonly kernel: Kernel;
  readonly last: readonly string[];
}

/** A graph in TensorFlow.js: its constants, and what was computed from them alone. */
export class TfjsSession implements Session {
  readonly #graph: Graph;
  readonly #steps: readonly Step[];
  readonly #constants = new Map<string, Value>();
  /** What kernels made of constants. */
  readonly #made = new Map<string, tf.Tensor>();
  readonly #activate: () => Promise<void>;

  /** @param activate makes the backend that this session was opened for the current one */
  constructor(graph: Graph, activate: () => Promise<void>) {
    this.#graph = graph;
    this.#activate = activate;
    const lastReader = new Map<string, Node>();
    for (const node of graph.nodes) for (const name of node.inputs) lastReader.set(name, node);
    this.#steps = graph.nodes.map((node) => ({
      node,
      kernel: kernelFor(node),
      last: [...new Set([...node.inputs, ...node.outputs])].filter(
        (name) => name && (lastReader.get(name) ?? node) === node,
      ),
    }));
    try {
      for (const tensor of graph.parameters.values()) this.#constants.set(tensor.name, upload(tensor));
    } catch (error) {
      this.#dispose();
      throw error;
    }
  }

  async run(feeds: RunValues, fetches?: readonly string[]): Promise<RunValues> {
    const wanted = fetches ?? this.#graph.outputs.map((output) => output.name);
    await this.#activate();
    const values = this.#compute(feeds, wanted);
    const results: Record<string, RunTensor> = {};
    try {
      for (const [i, name] of wanted.entries()) results[name] = await fetch(values[i]!);
    } finally {
      for (const { tensor } of values) if (!this.#keeps(tensor)) tensor.dispose();
    }
    return results;
  }

  async release(): Promise<void> {
    this.#dispose();
    return Promise.resolve();
  }

  #dispose(): void {
    for (const { tensor } of this.#constants.values()) tensor.dispose();
    for (const tensor of this.#made.values()) tensor.dispose();
    this.#constants.clear();
    this.#made.clear();
  }

  #keeps(tensor: tf.Tensor): boolean {
    return [...this.#constants.values()].some((v) => v.tensor === tensor);
  }

  #compute(feeds: RunValues, wanted: readonly string[]): Value[] {
    let results: Value[] = [];
    tf.tidy(() => {
      const values = new Map(this.#constants);
      for (const { name } of this.#graph.inputs) {
        const given = feeds[name];
        if (!given) throw errorMissingFeed(name);
        values.set(name, feed(name, given));
      }
      const kept = new Set(wanted);
      const uses = new Map<tf.Tensor, number>();
      const hold = (value: Value): number => uses.set(value.tensor, (uses.get(value.tensor) ?? 0) + 1).get(value.tensor)!;
      for (const [name, value] of values) if (!this.#constants.has(name)) hold(value);
      for (const step of this.#steps) {
        if (step.node.outputs.every((name) => !name || values.has(name))) continue; // computed from constants before
        for (const [name, value] of this.#evaluate(step, values)) {
          values.set(name, value);
          if (!value.fixed) hold(value);
        }
        for (const name of step.last) {
          const value = values.get(name);
          if (!value || value.fixed || kept.has(name)) continue;
          values.delete(name);
          const left = uses.get(value.tensor)! - 1;
          uses.set(value.tensor, left);
          if (left === 0) value.tensor.dispose();
        }
      }
      results = wanted.map((name) => {
        const value = values.get(name);
        if (!value) throw errorUnknownFetch(name);
        return value.fixed ? { ...value, tensor: tf.clone(value.tensor) } : value;
      });
      return results.map((value) => value.tensor);
    });
    return results;
  }

  /** Outputs of one node by name; what depends on constants alone becomes one. */
  #evaluate({ node, kernel }: Step, values: ReadonlyMap<string, Value>): [string, Value][] {
    const inputs = node.inputs.map((name) => values.get(name));
    let outputs: readonly Value[] = [];
    const context: KernelContext = {
      node,
      in: inputs,
      once: (key, from, make) => this.#once(`${key}:${node.outputs[0]}`, from, make),
    };
    try {
      tf.tidy(() => {
        outputs = kernel(context);
        return outputs.map((value) => value.tensor);
      });
    } catch (error) {
      throw errorRuntime(node, error);
    }
    const fixed =
      outputs.every((value) => value.fixed) ||
      (inputs.length > 0 && inputs.every((value, i) => !node.inputs[i] || value?.fixed));
    return node.outputs.flatMap((name, i): [string, Value][] => {
      const value = outputs[i];
      if (!name || !value) return [];
      if (!fixed) {
        // What hands a constant on unchanged must not have it disposed of.
        const shared = inputs.some((input) => input?.fixed && input.tensor === value.tensor);
        return [[name, { ...value, fixed: false, tensor: shared ? tf.clone(value.tensor) : value.tensor }]];
      }
      // A tensor of its own, so that each constant can be disposed of once.
      const constant: Value = { ...value, fixed: true, tensor: tf.keep(tf.clone(value.tensor)) };
      this.#constants.set(name, constant);
      return [[name, constant]];
    });
  }

  #once(key: string, from: readonly (Value | undefined)[], make: () => tf.Tensor): tf.Tensor {
    if (!from.every((value) => value?.fixed)) return make();
    const known = this.#made.get(key);
    if (known) return known;
    const made = tf.keep(tf.clone(make()));
    this.#made.set(key, made);
    return made;
  }
}
