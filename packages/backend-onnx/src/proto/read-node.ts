import type { Attribute, Node } from "@prune/core";
import { type AttributeContext, readAttribute } from "./read-attribute.ts";
import { graphOrigin, type NodeOrigin, tensorOrigin } from "./origin.ts";
import type { Reader } from "./reader.ts";
import { NODE } from "./schema.ts";

const NO_ATTRIBUTES: Record<string, Attribute> = Object.freeze({});

/** Reads a NodeProto. One of a function has no origin: its bytes speak of the function's values. */
export function readNode(r: Reader, context: AttributeContext): Node {
  let name = "";
  let opType = "";
  let domain = "";
  const inputs: string[] = [];
  const outputs: string[] = [];
  let attributes = NO_ATTRIBUTES;
  let selfContained = true;
  while (r.next()) {
    if (r.field === NODE.input) inputs.push(r.string());
    else if (r.field === NODE.output) outputs.push(r.string());
    else if (r.field === NODE.name) name = r.string();
    else if (r.field === NODE.opType) opType = r.string();
    else if (r.field === NODE.domain) domain = r.string();
    else if (r.field === NODE.attribute) {
      const [key, attribute] = readAttribute(r.nested("AttributeProto"), context);
      if (!attribute) continue;
      if (attributes === NO_ATTRIBUTES) attributes = {};
      set(attributes, key, attribute);
      selfContained &&= isSelfContained(attribute);
    } else r.skip();
  }
  if (!opType) throw r.malformed(`node "${name || (outputs[0] ?? "")}" has no operator type`);
  if (domain === "ai.onnx") domain = "";
  const read = { name, opType, domain, inputs, outputs, attributes };
  if (context.given) return read;
  const origin: NodeOrigin = { kind: "onnx-node", raw: r.raw(), read, selfContained };
  return { ...read, origin };
}

/** Sets a property that may have any name: a plain assignment to "__proto__" would do something else. */
function set(attributes: Record<string, Attribute>, key: string, value: Attribute): void {
  if (key !== "__proto__") attributes[key] = value;
  else Object.defineProperty(attributes, key, { value, enumerable: true, writable: true, configurable: true });
}

function isSelfContained(attribute: Attribute): boolean {
  if (attribute.type === "tensor") return tensorOrigin(attribute.value)?.external === undefined;
  return attribute.type !== "graph" || graphOrigin(attribute.value)?.selfContained === true;
}
