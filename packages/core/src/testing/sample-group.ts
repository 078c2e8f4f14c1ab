import { nodeOf } from "../graph/node.ts";
import { float32Tensor, type Tensor } from "../graph/tensor.ts";
import type { ChannelGroup, GroupMember } from "../solver/channel-group.ts";

type Rows = readonly (readonly number[])[];

/**
 * A group for tests by hand: units are the rows of `out` (a weight `[units, n]` and its output axis) and the columns of
 * `into` (the weight `[m, units]` of the layer that reads them).
 */
export function sampleGroup(out: Rows, into: Rows = []): ChannelGroup {
  const members = [memberOf("out", out, 0), ...(into.length ? [memberOf("into", into, 1)] : [])];
  return {
    id: "out",
    kind: "channels",
    size: out.length,
    width: 1,
    members,
    layers: members.map((m) => m.node),
    blocked: undefined,
    exact: true,
  };
}

function memberOf(name: string, rows: Rows, axis: 0 | 1): GroupMember {
  const tensor: Tensor = float32Tensor(name, rows.flat(), [rows.length, rows[0]?.length ?? 0]);
  const node = nodeOf("Gemm", ["x", name], [`${name}/y`]);
  return { tensor, axis, node, role: axis === 0 ? "output" : "input", unitOf: (index) => index };
}
