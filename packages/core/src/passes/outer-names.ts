import type { Bodies } from "./bodies.ts";

/**
 * What values at the borders of bodies are called outside: inputs that stand for captured values, and what branches yield
 * for an If. Whatever else is a body's own.
 */
export function outerNames({ nodes }: Bodies, names: Map<string, string> = new Map()): ReadonlyMap<string, string> {
  const outside = (name: string): string => names.get(name) ?? name;
  for (const { node, bodies } of nodes) {
    for (const { captured, part } of bodies) {
      for (const [name, inner] of captured) names.set(inner, outside(name));
      if (node.opType === "If")
        part.outputs.forEach((v, i) => node.outputs[i] && names.set(v.name, outside(node.outputs[i])));
      outerNames(part, names);
    }
  }
  return names;
}
