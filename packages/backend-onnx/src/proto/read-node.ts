import type { Attribute, Node } from "@prune/core";
import { type AttributeContext, readAttribute } from "./read-attribute.ts";
import { graphOrigin, type NodeOrigin, tensorOrigin } from "./origin.ts";
import type { Reader } from "./reader.ts";
import { NODE } from "./schema.ts";

const NO_ATTRIBUTES: Readonly<Record<string, Attribute>> = Object.freeze({});

/** Reads a NodeProto. */
export function readNode(r: Reader, context: AttributeContext): Node {
  let name = "";
  let opType = "";
  let domain = "";
  const inputs: string[] = [];
  const outputs: string[] = [];
  const entries: [string, Attribute][] = [];
  while (r.next()) {
    if (r.field === NODE.input) inputs.push(r.string());
    else if (r.field === NODE.output) outputs.push(r.string());
    else if (r.field === NODE.name) name = r.string();
    else if (r.field === NODE.opType) opType = r.string();
    else if (r.field === NODE.domain) domain = r.string();
    else if (r.field === NODE.attribute) entries.push(readAttribute(r.nested("AttributeProto"), context));
    else r.skip();
  }
  if (!opType) throw r.malformed(`node "${name || (outputs[0] ?? "")}" has no operator type`);
  if (domain === "ai.onnx") domain = "";
  const attributes = entries.length === 0 ? NO_ATTRIBUTES : Object.fromEntries(entries);
  const read = { name, opType, domain, inputs, outputs, attributes };
  const selfContained = entries.every(([, attribute]) => isSelfContained(attribute));
  const origin: NodeOrigin = { kind: "onnx-node", raw: r.raw(), read, selfContained };
  return { ...read, origin };
}

function isSelfContained(attribute: Attribute): boolean {
  if (attribute.type === "tensor") return tensorOrigin(attribute.value)?.external === undefined;
  return attribute.type !== "graph" || graphOrigin(attribute.value)?.selfContained === true;
}
