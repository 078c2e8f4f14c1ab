import type { DType } from "../graph/dtype.ts";
import type { Emit } from "../graph/graph-builder.ts";
import type { Emitter } from "../graph/emitter.ts";
import type { Node } from "../graph/node.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { AxisRef, Link } from "../solver/link.ts";

/** An input or output of a node, as an operator's rules see it. */
export interface Operand {
  readonly name: string;
  /** Sizes of the axes, as the runtime reported them (dynamic axes at the sizes of one particular run). */
  readonly dims: readonly number[];
  readonly rank: number;
  /** An axis of this value; negative counts from the end. */
  readonly axis: (axis: number) => AxisRef;
  /** Size of an axis; negative counts from the end. */
  readonly dim: (axis: number) => number;
  /** Whether the size of an axis depends on the sizes of the graph's inputs. */
  readonly isDynamic: (axis: number) => boolean;
  /** Elements of an integer value that is the same in every run (a constant, or shape arithmetic); else undefined. */
  readonly ints: readonly number[] | undefined;
  /** The constant behind the value: an initializer or a Constant node's tensor. */
  readonly tensor: Tensor | undefined;
  /** Whether the value is computed from constants alone. */
  readonly isWeight: boolean;
}

/** What the rules of an operator read. `in[i]` is undefined where an optional input is left out. */
export interface OpContext {
  readonly node: Node;
  readonly in: readonly (Operand | undefined)[];
  readonly out: readonly (Operand | undefined)[];
  /** Version of the node's operator set. */
  readonly opset: number;
}

/** What is left of an axis. */
export interface Kept {
  /** Size before the cut. */
  readonly size: number;
  /** Number of indices that stay. */
  readonly count: number;
  /** The indices that stay, ascending. */
  readonly indices: ArrayLike<number>;
  /** Whether nothing is cut. */
  readonly whole: boolean;
}

/** Integers q that stand for `scale · (q − zeroPoint)`: both one number, or one per index of `axis`. */
export interface QuantizedOperand {
  readonly value: Operand | undefined;
  /** Undefined where the operator is not told. */
  readonly scale?: Operand | undefined;
  /** Undefined: 0. */
  readonly zeroPoint?: Operand | undefined;
  readonly axis: number;
}

/** What an operator's `cut` rule reads and writes. */
export interface CutContext extends OpContext {
  /** What is left of an axis of an input or output. */
  readonly kept: (axis: AxisRef) => Kept;
  /** What is left of a factor that the `links` of this node named. */
  readonly keptFactor: (name: string) => Kept;
  /** Adds a constant to the graph under a fresh name, and returns the name. */
  readonly int64: (values: ArrayLike<number>, dims?: readonly number[]) => string;
  readonly float: (like: DType, values: ArrayLike<number>, dims?: readonly number[]) => string;
  /** A name no other value has, for values between emitted nodes. */
  readonly fresh: (hint: string) => string;
}

/** MACs of one node. */
export interface MacsContext {
  readonly node: Node;
  /** Sizes of each input; undefined where an optional one is left out. */
  readonly in: readonly (readonly number[] | undefined)[];
  readonly out: readonly (readonly number[] | undefined)[];
}

/** One input of a node, and the output that holds it together with what the node appends to it or writes into it. */
export interface Appended {
  /** Position of the input that is appended to. */
  readonly to: number;
  /** Positions of the inputs that what is appended is, or is computed from. */
  readonly by: readonly number[];
  readonly output: number;
  /** The axis of the output that grows, or that is written along. */
  readonly along: AxisRef;
}

/** What a `gradient` rule reads and emits. Sizes are those of training: every axis has one size, and shape arithmetic is constant. */
export interface GradientContext extends OpContext {
  /** Gradients of the loss with respect to the outputs, in their shapes; undefined where none flows back. */
  readonly dy: readonly (string | undefined)[];
  /** Whether the gradient of an input is wanted: a weight lies behind it. Others may be left out. */
  readonly needs: (input: number) => boolean;
  /** Appends to the training graph. */
  readonly g: Emitter;
}

/**
 * Emits the gradients with respect to the inputs, each in its input's shape; undefined where none flows on. A list
 * may be shorter than the inputs are. No list: this form of the operator is not covered.
 */
export type GradientRule = (op: GradientContext) => readonly (string | undefined)[] | undefined;

/** What a `train` rule reads and emits. */
export interface TrainContext extends OpContext {
  readonly g: Emitter;
  /** Whether a normalisation that has stored statistics uses those of the batch instead, and updates the stored ones. */
  readonly batchStatistics: boolean;
  /** A seed for what is drawn at random in training, such as what a Dropout drops; undefined: nothing is drawn. */
  readonly draw?: (() => number) | undefined;
  /** Says that a parameter is a stored statistic, and what it becomes after the step; undefined: it stays. */
  readonly update: (parameter: string, value: string | undefined) => void;
}

/** What a node becomes in a training graph. */
export interface TrainForm {
  /** The values that take the places of the node's outputs; undefined where an output is not there. */
  readonly outputs: readonly (string | undefined)[];
  /** The gradient of all that was emitted, as one; "none": it counts as a constant. Default: what was emitted has rules of its own. */
  readonly gradient?: GradientRule | "none";
}

/** What a `flow` rule reads and emits. */
export interface FlowContext extends OpContext {
  readonly g: Emitter;
  /** Whether flow arrives at an input: it depends, with a derivative, on what the network is fed. */
  readonly carries: (input: number) => boolean;
}

/**
 * A layer as a linear map from what it reads to what it yields: in every block `Y = W·X (+ b)`. What scorers and
 * recovery know of an operator. A column of W is one input feature at one position of the kernel.
 */
export interface LinearForm {
  /** The operand that holds W: a constant, or computed from one. */
  readonly weight: Operand;
  readonly bias?: Operand | undefined;
  /** Position in the bias of a row of a block. Default `block · rows + row`. */
  readonly biasAt?: (block: number, row: number) => number;
  /** The input that would hold a bias, where the operator takes one and the node has none. */
  readonly biasInput?: number | undefined;
  /** Whether the product is added, row by row, to that of the node's form before it. Default false. */
  readonly joint?: boolean;
  /** Axis of what the layer reads that holds input features, block by block. */
  readonly input: AxisRef;
  /** Axis of what the layer yields that holds output features, block by block. */
  readonly output: AxisRef;
  /** Blocks with weights of their own: the groups of a convolution. Default 1. */
  readonly blocks?: number;
  /** Output features of a block. */
  readonly rows: number;
  /** Input features of a block. */
  readonly features: number;
  /** Positions of the kernel; default 1. A column is `feature · kernel + position`. */
  readonly kernel?: number;
  /** Steps in W from one block, row, feature and position to the next. */
  readonly strides: { readonly block?: number; readonly row: number; readonly feature: number };
  /** Whether it reads zeros beyond the edges of what it is given. Default false. */
  readonly padded?: boolean;
  /**
   * Emits what W is multiplied with: a matrix of a row per position of the output and `blocks · features · kernel`
   * columns. Undefined where the layer has no such matrix.
   */
  readonly unfold?: ((emit: Emit) => string) | undefined;
  /** Emits what the layer yields as a matrix with a row per position, as `unfold` has them, and a column per output feature. */
  readonly unfoldOutput?: ((emit: Emit, y: string) => string) | undefined;
}

/**
 * Everything the project knows about an operator. Only `type` is required; an operator without `links` pins all
 * its axes, as an unknown one does.
 */
export interface OpHandler {
  readonly type: string;
  /** Operator set; default "", ONNX's own. */
  readonly domain?: string;
  /** First version of the operator set that this rule speaks of. Default 1. The highest that is not newer wins. */
  readonly since?: number;
  /** Which slices live and die together. */
  readonly links?: (op: OpContext) => readonly Link[];
  /**
   * What to say instead of `links` where `torn` axes are products to different operators that no finer axes fit (the
   * blocks of grouped convolutions around a channel shuffle): the same in single indices, or in whole blocks alone.
   * Undefined where nothing else can be said.
   */
  readonly looseLinks?: (op: OpContext, torn: (axis: AxisRef) => boolean) => readonly Link[] | undefined;
  /**
   * Whether the output is zero wherever the inputs are: `zero[i]` says so of input i, and is undefined where the
   * input does not have the axis in question (a broadcast or absent operand). Default: never.
   */
  readonly zero?: (zero: readonly (boolean | undefined)[], op: OpContext) => boolean;
  /**
   * Whether every index of the output's axis holds one number throughout wherever the inputs' do: `uniform[i]` says so of
   * input i, as `zero[i]` says that it is zero there; both are undefined where the input does not have the axis. What is
   * zero is uniform. Default: no more than `zero` says.
   */
  readonly uniform?: (
    uniform: readonly (boolean | undefined)[],
    zero: readonly (boolean | undefined)[],
    op: OpContext,
  ) => boolean;
  /** Rewrites the node after a cut; undefined leaves it as it is. Axes of size changes come from `kept`. */
  readonly cut?: (op: CutContext) => readonly Node[] | undefined;
  /** Multiply-accumulates at the given shapes. Default 0. */
  readonly macs?: (op: MacsContext) => number;
  /** The linear maps that a layer with weights consists of; most have one, recurrent ones two. Default none. */
  readonly linear?: (op: OpContext) => readonly LinearForm[];
  /** The input that every channel is multiplied with after it was normalised. Default none. */
  readonly scaleInput?: number;
  /** The inputs that hold shapes, axes or indices, not data: they have no slices of their own. Default none. */
  readonly shapeInputs?: readonly number[];
  /** The operands that hold integers in the place of real numbers. Default none. */
  readonly quantized?: (op: OpContext) => readonly QuantizedOperand[];
  /** Yields the sum of its inputs. Default false. */
  readonly adds?: boolean;
  /** Yields products of its inputs, or sums of them: it is linear in each. Default false. */
  readonly multiplies?: boolean;
  /** Only moves elements, one input to one output: chains of such nodes are one index map. */
  readonly moves?: boolean;
  /**
   * Where an element of the output is in the first input, both counted row by row; for operators that hand all they yield
   * on from there, so that weights which they lead to a layer are seen in the constant that stores them. Default: unknown.
   */
  readonly origin?: (op: OpContext) => ((index: number) => number) | undefined;
  /** The input that integers of another pick from, `by` its indices along an axis. Default: none does. */
  readonly indexes?: (node: Node) => { readonly of: number; readonly by: number; readonly axis: number };
  /** Reads the sizes of its inputs, and nothing of what they hold. Default false. */
  readonly readsSizes?: boolean;
  /** Axes of the first input and of the output along which the latter holds some of the former, the rest of it as it is. Default none. */
  readonly drops?: (op: OpContext) => readonly AxisRef[] | undefined;
  /** The inputs that an output holds as they are but for what is put before, behind or into them: such may be kept from run to run. Default none. */
  readonly appends?: (op: OpContext) => readonly Appended[];
  /**
   * The operator's derivative, in terms of graph nodes. "none": the outputs do not depend on the inputs in a way that
   * has one (comparisons, shapes, indices). Without a rule, training a weight that lies behind the operator is an error.
   */
  readonly gradient?: GradientRule | "none";
  /**
   * The node in the form it takes in a training graph: at opset 18 or later, in terms of operators that have gradients,
   * normalising by the batch. Undefined leaves it as it is.
   */
  readonly train?: (op: TrainContext) => TrainForm | undefined;
  /**
   * The node in the linearised network that synaptic flow is measured in, which is fed ones, and whose weights are their
   * magnitudes: what is added to flow without being flow is left out, nonlinearities hand on what they get, and what
   * flow is divided by counts as a constant. All flow that a node yields comes from its inputs, `Σ x·dR/dx = y·dR/dy`.
   * Asked where flow arrives at the node, in place of `train`, at any opset.
   * Undefined: the node computes what it does.
   */
  readonly flow?: (op: FlowContext) => TrainForm | undefined;
}

/** Declares an operator; a plain identity that gives the object its type. */
export function defineOp(handler: OpHandler): OpHandler {
  return handler;
}
