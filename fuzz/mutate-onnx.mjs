import { messages, parse, serialize } from "./protobuf.mjs";
import { EXTREMES, LOCATIONS } from "./random.mjs";

/** Operators that a node may turn into, whatever it is given. */
const OPERATORS =
  `Add Mul MatMul Gemm Conv ConvTranspose Relu Reshape Transpose Concat Split Slice Gather Pad Tile Expand
  Squeeze Unsqueeze Flatten ReduceMean ReduceSum Softmax LayerNormalization BatchNormalization MaxPool GlobalAveragePool
  Shape ConstantOfShape Range If Loop Scan LSTM GRU TopK Where Einsum DepthToSpace Resize NonZero Identity Cast OneHot
  DequantizeLinear QuantizeLinear Attention NoSuchOperator`.split(/\s+/);

const text = (value) => new TextEncoder().encode(value);

/** One change to a message of the tree. */
const CHANGES = {
  drop(field, message) {
    message.fields.splice(message.fields.indexOf(field), 1);
  },
  double(field, message) {
    message.fields.push({ ...field, value: field.value.fields ? structuredClone(field.value) : field.value });
  },
  swap(field, message, random) {
    const other = random.pick(message.fields);
    [field.value, other.value] = [other.value, field.value];
    [field.wire, other.wire] = [other.wire, field.wire];
  },
  renumber(field, _, random) {
    field.number = 1 + random.below(30);
  },
  shuffle(_, message, random) {
    message.fields.sort(() => random.next() - 0.5);
  },
  value(field, _, random, all) {
    if (field.wire === 0) field.value = BigInt(random.pick(EXTREMES));
    else if (field.value.fields) field.value = structuredClone(random.pick(all));
    else field.value = otherBytes(field, random, all);
  },
  resize(field, _, random) {
    if (field.value.fields || field.wire !== 2) return;
    const bytes = Buffer.alloc(Math.max(0, field.value.length + random.pick([-8, -4, -1, 1, 4, 4096])));
    bytes.set(field.value.subarray(0, bytes.length));
    field.value = bytes;
  },
  operator(_, message, random, all) {
    const nodes = all.filter((m) => m.kind === "Node");
    const type = nodes.length && random.pick(nodes).fields.find((f) => f.number === 4);
    if (type) type.value = text(random.pick(OPERATORS));
  },
  outside(_, message, random, all) {
    const tensor = random.pick(all.filter((m) => m.kind === "Tensor"));
    if (!tensor) return;
    const entry = (key, value) => ({
      number: 13,
      wire: 2,
      value: {
        kind: "Entry",
        fields: [
          { number: 1, wire: 2, value: text(key) },
          { number: 2, wire: 2, value: text(value) },
        ],
      },
    });
    tensor.fields = tensor.fields.filter((f) => f.number !== 9);
    tensor.fields.push({ number: 14, wire: 0, value: 1n }, entry("location", random.pick(LOCATIONS)));
    tensor.fields.push(entry("offset", String(random.pick(EXTREMES))), entry("length", String(random.pick(EXTREMES))));
  },
};

/** Bytes from elsewhere in the file (so that names meet), noise, or not-a-number. */
function otherBytes(field, random, all) {
  const elsewhere = all.flatMap((m) => m.fields).filter((f) => f.wire === field.wire && !f.value.fields);
  if (random.next() < 0.6) return random.pick(elsewhere).value;
  const bytes = Uint8Array.from(field.value);
  const fill = random.pick([0, 255, 127, 192, random.below(256)]);
  if (random.next() < 0.3) return bytes.fill(fill);
  for (let i = 0; i <= random.below(4) && bytes.length; i++) bytes[random.below(bytes.length)] = random.below(256);
  return bytes;
}

/** A damaged copy of a model: one to four changes of structure, and now and then of bytes. */
export function mutateOnnx(file, random) {
  const tree = parse(file);
  for (let i = 0; i <= random.below(4); i++) {
    const all = messages(tree);
    const message = random.pick(all);
    if (!message.fields.length) continue;
    CHANGES[random.pick(Object.keys(CHANGES))](random.pick(message.fields), message, random, all);
  }
  const bytes = serialize(tree);
  if (random.next() < 0.1) return bytes.subarray(0, random.below(bytes.length));
  if (random.next() < 0.1) bytes[random.below(bytes.length)] = random.below(256);
  return bytes;
}

/**
 * A sound model with its weights in another file, with something wrong about where they are said to be, or about that
 * file; now and then about the model as well.
 */
export function mutateDataFile({ model, data, name }, random) {
  const tree = parse(model);
  const files = new Map([[name, data]]);
  const entries = messages(tree).filter((m) => m.kind === "Tensor").flatMap((t) => t.fields.filter((f) => f.number === 13)); // prettier-ignore
  const values = entries.map((entry) => entry.value.fields.find((f) => f.number === 2));
  const number = () => random.pick([...EXTREMES, data.length, data.length + 1, -0.5, "1e3", "0x10", "NaN", " 8", ""]);
  const changes = [
    () => (random.pick(values).value = text(String(number()))),
    () => (random.pick(values).value = text(random.pick([...LOCATIONS, "link.data"]))),
    () => (random.pick(values).value = random.pick(values).value),
    () => (random.pick(entries).value = structuredClone(random.pick(entries).value)),
    () => random.pick(entries).value.fields.splice(random.below(2), 1),
    () => files.set(name, data.subarray(0, random.below(data.length))),
    () => files.set(name, Buffer.concat([data, Buffer.alloc(64, 255)])),
    () => files.delete(name),
    () => files.set(name, undefined), // a folder
    () => files.set(name, "link"),
  ];
  files.set("link.data", "link");
  for (let i = 0; i <= random.below(3); i++) random.pick(changes)();
  const bytes = serialize(tree);
  return { bytes: random.next() < 0.2 ? mutateOnnx(bytes, random) : bytes, files };
}
