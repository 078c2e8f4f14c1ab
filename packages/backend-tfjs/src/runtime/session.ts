import type { Graph, Node, RunTensor, RunValues, Session } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { errorMissingFeed, errorRuntime, errorUnknownFetch } from "../errors.ts";
import type { Kernel, KernelContext, SlowKernel } from "./kernel.ts";
import { kernelFor, slowKernelFor } from "./kernels/index.ts";
import { feed, fetch, upload } from "./tensors.ts";
import type { Value } from "./value.ts";

/** A node, how it is computed, and which values nobody reads after it. */
interface Step {
  readonly node: Node;
  readonly kernel: Kernel;
  /** Instead of `kernel`, for what TensorFlow.js does not compute in one go. */
  readonly slow: SlowKernel | undefined;
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
      slow: slowKernelFor(node),
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
    const values = await this.#compute(feeds, wanted);
    const results: Record<string, RunTensor> = {};
    try {
      for (const [i, name] of wanted.entries()) results[name] = await fetch(values[i]!);
    } finally {
      for (const { tensor } of values) tensor.dispose();
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

  /** The wanted values; whoever asks disposes of them. */
  async #compute(feeds: RunValues, wanted: readonly string[]): Promise<Value[]> {
    const values = new Map(this.#constants);
    const kept = new Set(wanted);
    // How many names each tensor goes by. Nothing else holds it: it goes when the last of them does.
    const uses = new Map<tf.Tensor, number>();
    const hold = (name: string, value: Value): void => {
      values.set(name, value);
      if (!value.fixed) uses.set(value.tensor, (uses.get(value.tensor) ?? 0) + 1);
    };
    const drop = (name: string): void => {
      const value = values.get(name);
      if (!value || value.fixed || kept.has(name)) return;
      values.delete(name);
      const left = uses.get(value.tensor)! - 1;
      if (left > 0) uses.set(value.tensor, left);
      else {
        uses.delete(value.tensor);
        value.tensor.dispose();
      }
    };
    try {
      for (const { name } of this.#graph.inputs) {
        const given = feeds[name];
        if (!given) throw errorMissingFeed(name);
        hold(name, feed(name, given));
      }
      for (const step of this.#steps) {
        if (step.node.outputs.every((name) => !name || values.has(name))) continue; // computed from constants before
        const inputs = step.node.inputs.map((name) => values.get(name));
        for (const [name, value] of this.#named(step.node, inputs, await this.#evaluate(step, inputs)))
          hold(name, value);
        step.last.forEach(drop);
      }
      return wanted.map((name) => {
        const value = values.get(name);
        if (!value) throw errorUnknownFetch(name);
        return { ...value, tensor: tf.clone(value.tensor) };
      });
    } finally {
      for (const tensor of uses.keys()) tensor.dispose();
    }
  }

  async #evaluate({ node, kernel, slow }: Step, inputs: readonly (Value | undefined)[]): Promise<readonly Value[]> {
    const context: KernelContext = {
      node,
      in: inputs,
      once: (key, from, make) => this.#once(`${key}:${node.outputs[0]}`, from, make),
    };
    try {
      if (slow) {
        const made = await slow(context);
        await this.#activate(); // somebody else may have computed in the meantime, on another backend
        return made;
      }
      let outputs: readonly Value[] = [];
      tf.tidy(() => {
        outputs = kernel(context);
        return outputs.map((value) => value.tensor);
      });
      return outputs;
    } catch (error) {
      throw errorRuntime(node, error);
    }
  }

  /** Outputs of one node by name; what depends on constants alone becomes one. */
  #named(node: Node, inputs: readonly (Value | undefined)[], outputs: readonly Value[]): [string, Value][] {
    const fixed =
      outputs.every((value) => value.fixed) ||
      (inputs.length > 0 && inputs.every((value, i) => !node.inputs[i] || value?.fixed));
    return node.outputs.flatMap((name, i): [string, Value][] => {
      const value = outputs[i];
      if (!name || !value) return [];
      if (!fixed) {
        // What hands a constant on unchanged must not have it disposed of.
        const shared = inputs.some((input) => input?.fixed === true && input.tensor === value.tensor);
        return [[name, { ...value, fixed: false, tensor: shared ? tf.clone(value.tensor) : value.tensor }]];
      }
      // A tensor of its own, so that each constant can be disposed of once.
      const constant: Value = { ...value, fixed: true, tensor: tf.clone(value.tensor) };
      if (!inputs.some((input) => input?.tensor === value.tensor)) value.tensor.dispose();
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
