import type { GraphBuilder } from "../translate/graph-builder.ts";
import type { NodeDef } from "./node-def.ts";

/** A node of a GraphModel, as its operator's rule sees it. */
export interface OpContext {
  readonly b: GraphBuilder;
  readonly node: NodeDef;
  /** Its operands, without those that only state an order in time. */
  readonly inputs: readonly string[];
  /** The numbers behind an operand that is a constant; undefined for others, and for operands that are left out. */
  readonly numbers: (input: number) => readonly number[] | undefined;
  /** Sizes of an operand that is a weight. */
  readonly sizes: (input: number) => readonly number[] | undefined;
  /** Number of outputs that something reads. */
  readonly outputs: number;
}

/**
 * Says what a node computes, in ONNX's operators: its outputs, in order. Undefined where ONNX has no words for its
 * settings: then TensorFlow.js's converter computes it, and nothing that it touches is cut.
 */
export type OpRule = (context: OpContext) => string | readonly string[] | undefined;

export type OpRules = Readonly<Record<string, OpRule>>;
