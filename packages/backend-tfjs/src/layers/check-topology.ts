import { errorNesting, errorUnconnected } from "../errors.ts";
import { isObject, type JsonObject, listIn, objectIn } from "../json.ts";

/** Nested models and wrappers go a few levels deep; what goes on and on is no model. */
const MAX_DEPTH = 200;

/**
 * Refuses topologies on which TensorFlow.js would wait forever: it goes round the layers until each has been given its
 * inputs, whether or not that can ever be.
 * @throws {PruneError} `bad-model`
 */
export function checkTopology(value: unknown, source: string, depth = 0): void {
  if (depth > MAX_DEPTH) throw errorNesting(source, MAX_DEPTH);
  if (Array.isArray(value)) for (const entry of value) checkTopology(entry, source, depth + 1);
  if (!isObject(value)) return;
  checkConnections(listIn(value, "layers").filter(isObject), source);
  for (const entry of Object.values(value)) checkTopology(entry, source, depth + 1);
}

/** What a layer reads: another layer, and which of that one's uses. */
type Read = readonly [from: string, use: number];

/** One use of a layer. */
interface Use {
  readonly layer: string;
  readonly reads: readonly Read[];
}

/** Goes round the layers as TensorFlow.js does, for as long as that gets anywhere. */
function checkConnections(layers: readonly JsonObject[], source: string): void {
  const made = new Map<string, number>(layers.map((layer) => [String(layer["name"]), startOf(layer)]));
  const isMissing = ([from, use]: Read): boolean => !made.has(from) || made.get(from)! <= use;
  let waiting = layers.flatMap(usesOf);
  const renamed = layers.find((l) => usesOf(l).length && objectIn(l, "config")?.["name"] !== l["name"]);
  if (renamed) throw errorUnconnected(source, String(renamed["name"]), "goes by another name in its config");
  for (let before = Infinity; waiting.length && waiting.length < before;) {
    before = waiting.length;
    waiting = waiting.filter(({ layer, reads }) => {
      if (reads.some(isMissing)) return true;
      if (reads.length) made.set(layer, (made.get(layer) ?? 0) + 1); // of nothing, nothing is made
      return false;
    });
  }
  const [first] = waiting;
  if (!first) return;
  const [missing] = first.reads.find(isMissing)!;
  throw errorUnconnected(source, first.layer, `reads "${missing}", which gives it nothing`);
}

/** Uses that a layer has from the start: inputs, and models that hold inputs. */
function startOf(layer: JsonObject): number {
  const type = String(layer["class_name"] ?? layer["className"]);
  if (type === "InputLayer" || type === "Model" || type === "Functional") return 1;
  if (type !== "Sequential") return 0;
  const inner = Array.isArray(layer["config"]) ? layer["config"] : listIn(objectIn(layer, "config"), "layers");
  const first: unknown = inner[0];
  if (!isObject(first)) return 0;
  const config = objectIn(first, "config");
  return (config?.["batch_input_shape"] ?? config?.["batchInputShape"]) ? 1 : startOf(first);
}

function usesOf(layer: JsonObject): Use[] {
  const uses = [...listIn(layer, "inbound_nodes"), ...listIn(layer, "inboundNodes")];
  return uses.filter(Array.isArray).map((inputs: readonly unknown[]) => ({
    layer: String(layer["name"]),
    reads: inputs.map((input) => {
      const [from, use] = Array.isArray(input) || typeof input === "string" ? input : [];
      return [String(from), Number(use)] as const;
    }),
  }));
}
