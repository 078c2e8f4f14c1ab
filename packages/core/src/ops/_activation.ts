import { stringAttribute, type Node } from "../graph/node.ts";

/** Activations, as fused operators name them, with f(0) = 0 whatever their parameters. */
const ZERO_AT_ZERO = new Set(["", "Relu", "LeakyRelu", "Tanh"]);

/** Whether the activation that a node is fused with leaves zeros as they are. */
export const keepsZero = (node: Node): boolean => ZERO_AT_ZERO.has(stringAttribute(node, "activation", ""));
