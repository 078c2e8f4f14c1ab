import type { Node } from "../graph/node.ts";
import type { Tensor } from "../graph/tensor.ts";

/** A weight tensor's part in a channel group. */
export interface GroupMember {
  readonly tensor: Tensor;
  readonly axis: number;
  /** The unit that an index of the axis belongs to; −1 where it is none of the group's. */
  readonly unitOf: (index: number) => number;
  /** Whether the axis holds output features (or per-channel parameters), rather than being contracted with an input. */
  readonly role: "output" | "input";
  /** The layer that reads the tensor. */
  readonly node: Node;
}

/** What the units of a group are. */
export type GroupKind = "channels" | "heads" | "blocks" | "tokens";

/** Units that have the same members and are ranked together. */
export interface ChannelGroup {
  /** Repeatable: the name of the first weight whose output features the group holds. */
  readonly id: string;
  readonly kind: GroupKind;
  /** Number of units. */
  readonly size: number;
  /** Indices of its narrowest axis that one unit takes: 1 for channels, the head size for heads. */
  readonly width: number;
  readonly members: readonly GroupMember[];
  /** Layers with weights that become smaller with the group, in graph order. */
  readonly layers: readonly Node[];
  /** Why the group is not cut; undefined when it is free. */
  readonly blocked: { readonly reason: string; readonly node: Node | undefined } | undefined;
  /** Whether cutting is exact: equal to the original with the same slices of all weights set to zero. */
  readonly exact: boolean;
}
