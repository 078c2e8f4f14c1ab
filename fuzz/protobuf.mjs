// Protobuf as a tree of fields, just deep enough to change the structure of an ONNX file. Independent of the reader that
// is under test.

/** Fields of ONNX that are messages: message → field number → message. */
const MESSAGES = {
  Model: { 7: "Graph", 8: "Opset", 14: "Entry", 25: "Function" },
  Function: { 7: "Node", 9: "Opset", 11: "Attribute" },
  Graph: { 1: "Node", 5: "Tensor", 11: "ValueInfo", 12: "ValueInfo", 13: "ValueInfo", 15: "SparseTensor" },
  Node: { 5: "Attribute" },
  Attribute: { 5: "Tensor", 6: "Graph", 10: "Tensor", 11: "Graph", 22: "SparseTensor" },
  Tensor: { 13: "Entry" },
  SparseTensor: { 1: "Tensor", 2: "Tensor" },
  ValueInfo: { 2: "Type" },
  Type: { 1: "TensorType" },
  TensorType: { 2: "Shape" },
  Shape: { 1: "Dim" },
  Opset: {},
  Entry: {},
  Dim: {},
};

/** A file's bytes as a tree: `{ kind, fields: [{ number, wire, value }] }`, a value being a BigInt, bytes, or a message. */
export function parse(bytes, kind = "Model") {
  const fields = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const take = (n) => bytes.subarray(at, (at += n));
  while (at < bytes.length) {
    const key = Number(varint());
    const [number, wire] = [key >>> 3, key & 7];
    if (wire === 0) fields.push({ number, wire, value: varint() });
    else if (wire === 1) fields.push({ number, wire, value: take(8) });
    else if (wire === 5) fields.push({ number, wire, value: take(4) });
    else {
      const body = take(Number(varint()));
      const inner = MESSAGES[kind][number];
      fields.push({ number, wire, value: inner ? parse(body, inner) : body });
    }
  }
  return { kind, fields };
}

/** The bytes of a tree. */
export function serialize(message) {
  const parts = [];
  for (const { number, wire, value } of message.fields) {
    parts.push(varintBytes(BigInt((number << 3) | wire)));
    if (wire === 0) parts.push(varintBytes(BigInt.asUintN(64, value)));
    else {
      const body = value.fields ? serialize(value) : value;
      if (wire === 2) parts.push(varintBytes(BigInt(body.length)));
      parts.push(body);
    }
  }
  return Buffer.concat(parts);
}

function varintBytes(value) {
  const bytes = [];
  for (; value > 127n; value >>= 7n) bytes.push(Number(value & 127n) | 128);
  bytes.push(Number(value));
  return Uint8Array.from(bytes);
}

/** All messages of a tree, outermost first. */
export function messages(message) {
  return [message, ...message.fields.flatMap((f) => (f.value.fields ? messages(f.value) : []))];
}
