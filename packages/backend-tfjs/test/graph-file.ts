import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { folder } from "./prune.ts";

type Attr = Readonly<Record<string, unknown>>;

export const type = (name: "FLOAT" | "INT32" | "BOOL"): Attr => ({ type: `DT_${name}` });
export const text = (value: string): Attr => ({ s: Buffer.from(value).toString("base64") });
export const int = (value: number): Attr => ({ i: String(value) });
export const ints = (...values: number[]): Attr => ({ list: { i: values.map(String) } });
export const texts = (...values: string[]): Attr => ({
  list: { s: values.map((v) => Buffer.from(v).toString("base64")) },
});
export const yes: Attr = { b: true };

/** Puts a GraphModel together for tests, and writes it as TensorFlow.js's converter does. */
export class GraphFile {
  private readonly nodes: object[] = [];
  private readonly weights: object[] = [];
  private readonly bytes: Buffer[] = [];
  private state = 1;

  input(name: string, dims: readonly number[], dtype: "FLOAT" | "INT32" = "FLOAT"): string {
    const dim = dims.map((size) => ({ size: String(size) }));
    this.nodes.push({ name, op: "Placeholder", attr: { dtype: type(dtype), shape: { shape: { dim } } } });
    return name;
  }

  op(name: string, op: string, input: readonly string[], attr: Attr = {}): string {
    this.nodes.push({ name, op, input, attr: { T: type("FLOAT"), ...attr } });
    return name;
  }

  /** A weight of pseudo-random numbers around zero. */
  weight(name: string, shape: readonly number[]): string {
    const size = shape.reduce((a, b) => a * b, 1);
    return this.add(name, shape, "float32", Buffer.from(Float32Array.from({ length: size }, () => this.next()).buffer));
  }

  floats(name: string, values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.add(name, shape, "float32", Buffer.from(Float32Array.from(values).buffer));
  }

  ints(name: string, values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.add(name, shape, "int32", Buffer.from(Int32Array.from(values).buffer));
  }

  conv(name: string, x: string, from: number, to: number, size = 1): string {
    const attr = { strides: ints(1, 1, 1, 1), dilations: ints(1, 1, 1, 1), padding: text("SAME"), fused_ops: texts("BiasAdd", "Relu"),
      num_args: int(1) }; // prettier-ignore
    const weights = [this.weight(`${name}/kernel`, [size, size, from, to]), this.weight(`${name}/bias`, [to])];
    return this.op(name, "_FusedConv2D", [x, ...weights], attr);
  }

  /** Writes `model.json` and its weights into a new folder. */
  async save(outputs: readonly string[], json: Attr = {}): Promise<string> {
    const path = join(await folder(), "model.json");
    const signature = {
      outputs: Object.fromEntries(outputs.map((name) => [name, { name: `${name}:0`, dtype: "DT_FLOAT" }])),
    };
    const weightsManifest = [{ paths: ["weights.bin"], weights: this.weights }];
    const modelTopology = { node: this.nodes, versions: { producer: 1 } };
    await writeFile(
      path,
      JSON.stringify({ format: "graph-model", modelTopology, signature, weightsManifest, ...json }),
    );
    await writeFile(join(path, "..", "weights.bin"), Buffer.concat(this.bytes));
    return path;
  }

  private add(name: string, shape: readonly number[], dtype: "float32" | "int32", bytes: Buffer): string {
    const kind = type(dtype === "float32" ? "FLOAT" : "INT32");
    const tensorShape = { dim: shape.map((size) => ({ size: String(size) })) };
    this.nodes.push({
      name,
      op: "Const",
      attr: { dtype: kind, value: { tensor: { dtype: kind["type"], tensorShape } } },
    });
    this.weights.push({ name, shape, dtype });
    this.bytes.push(bytes);
    return name;
  }

  private next(): number {
    this.state = (Math.imul(this.state, 1103515245) + 12345) & 0x7fffffff;
    return this.state / 0x7fffffff - 0.5;
  }
}
