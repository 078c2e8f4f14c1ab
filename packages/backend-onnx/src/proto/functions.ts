import { freshName, type Attribute, type Graph, type Node, withNames } from "@prune/core";
import type { DataFiles } from "./data-files.ts";
import { type Inlined, nodeOrigin } from "./origin.ts";
import { readAttribute } from "./read-attribute.ts";
import { readNode } from "./read-node.ts";
import { readOpset } from "./read-opset.ts";
import { inputOf, Reader } from "./reader.ts";
import { FUNCTION, NODE_OVERLOAD } from "./schema.ts";

/** Most nodes that calls may come to: functions that call functions double with every level. */
const MAX_NODES = 2 ** 18;
/** Functions within functions. */
const MAX_DEPTH = 64;

/** A function of a model, before its nodes are read. */
interface Declaration {
  readonly domain: string;
  readonly name: string;
  readonly overload: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly opsets: ReadonlyMap<string, number>;
  /** FunctionProto. Nodes are read anew for every call, since attributes take their values from it. */
  readonly message: Reader;
}

/** How the parts of a function are read. */
interface Reading {
  readonly files: DataFiles;
  readonly readBody: (r: Reader, given: ReadonlyMap<string, Attribute>) => Graph;
}

/** The functions of a model, with which PyTorch's exporter, among others, keeps modules together. */
export class Functions {
  readonly #known = new Map<string, Declaration>();
  readonly #opsets: Map<string, number>;
  #nodes = 0;
  #written = 0;
  #left = 0;

  /** @param opsets of the model; those that functions need besides are added */
  constructor(messages: readonly Reader[], opsets: Map<string, number>) {
    this.#opsets = opsets;
    for (const message of messages) {
      const read = declarationOf(message);
      this.#known.set(keyOf(read.domain, read.name, read.overload), read);
    }
  }

  get inlined(): Inlined {
    if (this.#left > 0) return "some";
    return this.#written > 0 ? "all" : "none";
  }

  /**
   * Nodes, with the nodes of the functions that they call in place of the calls. Calls of functions that use another
   * version of an operator set than the model are left.
   * @param names values that are there besides what nodes make
   * @throws {PruneError} `bad-model`
   */
  writeOut(nodes: Node[], names: Iterable<string>, reading: Reading): Node[] {
    if (!this.#known.size) return nodes;
    const taken = new Set([...names, ...nodes.flatMap((node) => node.outputs)]);
    return nodes.flatMap((node) => this.#expand(node, taken, reading, []));
  }

  #expand(node: Node, taken: Set<string>, reading: Reading, callers: readonly Declaration[]): readonly Node[] {
    const called = this.#known.get(keyOf(node.domain, node.opType, overloadOf(node)));
    if (!called) return [node];
    if (callers.includes(called)) throw called.message.malformed(`function "${called.name}" calls itself`);
    if (callers.length >= MAX_DEPTH)
      throw called.message.malformed(`functions call each other more than ${MAX_DEPTH} deep`);
    if (!this.#suits(called)) {
      this.#left++;
      return [node];
    }
    this.#written++;
    const given = new Map([...defaultsOf(called, reading), ...Object.entries(node.attributes)]);
    const renamed = new Map<string, string>();
    called.inputs.forEach((name, i) => renamed.set(name, node.inputs[i] ?? ""));
    const passed = called.outputs.map((name, i) => {
      const wanted = node.outputs[i];
      if (!wanted || !renamed.has(name)) {
        if (wanted) renamed.set(name, wanted);
        return [];
      }
      return [{ name: "", opType: "Identity", domain: "", inputs: [renamed.get(name)!], outputs: [wanted], attributes: {} }]; // prettier-ignore
    });
    const within = node.name || node.outputs.find(Boolean) || called.name;
    const rename = (name: string): string => {
      if (!name) return name;
      const known = renamed.get(name);
      if (known !== undefined) return known;
      const fresh = freshName(`${within}/${name}`, taken);
      renamed.set(name, fresh);
      return fresh;
    };
    const body = this.#nodesOf(called, given, reading).map((inner) => {
      const own = withNames(inner, rename);
      return inner.name ? { ...own, name: `${within}/${inner.name}` } : own;
    });
    return [...body.flatMap((inner) => this.#expand(inner, taken, reading, [...callers, called])), ...passed.flat()];
  }

  #nodesOf({ message }: Declaration, given: ReadonlyMap<string, Attribute>, reading: Reading): Node[] {
    const context = { files: reading.files, given, readBody: (inner: Reader) => reading.readBody(inner, given) };
    const nodes: Node[] = [];
    const r = message.again();
    while (r.next()) {
      if (r.field !== FUNCTION.node) r.skip();
      else {
        if (++this.#nodes > MAX_NODES) throw r.malformed(`calls of functions come to more than ${MAX_NODES} nodes`);
        nodes.push(readNode(r.nested("NodeProto"), context));
      }
    }
    return nodes;
  }

  /** Whether a function means the same operators as the model; adds the operator sets that only it uses. */
  #suits({ opsets }: Declaration): boolean {
    for (const [domain, version] of opsets) if ((this.#opsets.get(domain) ?? version) !== version) return false;
    for (const [domain, version] of opsets) this.#opsets.set(domain, version);
    return true;
  }
}

const keyOf = (domain: string, name: string, overload: string): string => JSON.stringify([domain, name, overload]);

function declarationOf(message: Reader): Declaration {
  const r = message.again();
  let [domain, name, overload] = ["", "", ""];
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const opsets = new Map<string, number>();
  while (r.next()) {
    if (r.field === FUNCTION.name) name = r.string();
    else if (r.field === FUNCTION.domain) domain = r.string();
    else if (r.field === FUNCTION.overload) overload = r.string();
    else if (r.field === FUNCTION.input) inputs.push(r.string());
    else if (r.field === FUNCTION.output) outputs.push(r.string());
    else if (r.field === FUNCTION.opsetImport) readOpset(r.nested("OperatorSetIdProto"), opsets);
    else r.skip();
  }
  return { domain: domain === "ai.onnx" ? "" : domain, name, overload, inputs, outputs, opsets, message };
}

/** The values of attributes that calls may leave out. */
function defaultsOf({ message }: Declaration, { files, readBody }: Reading): [string, Attribute][] {
  const given = new Map<string, Attribute>();
  const r = message.again();
  while (r.next()) {
    if (r.field !== FUNCTION.attributeProto) r.skip();
    else {
      const context = { files, given, readBody: (inner: Reader) => readBody(inner, given) };
      const [name, value] = readAttribute(r.nested("AttributeProto"), context);
      if (value) given.set(name, value);
    }
  }
  return [...given];
}

/** Which of several functions of one name a node calls. */
function overloadOf(node: Node): string {
  const origin = nodeOrigin(node);
  if (!origin) return "";
  const r = new Reader(inputOf(origin.raw, "model"), "NodeProto");
  let overload = "";
  while (r.next()) {
    if (r.field === NODE_OVERLOAD) overload = r.string();
    else r.skip();
  }
  return overload;
}
