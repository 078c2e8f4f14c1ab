import { changeJson } from "./mutate-json.mjs";
import { LOCATIONS } from "./random.mjs";

/**
 * A damaged copy of a TensorFlow.js model: one to four changes to its JSON, and now and then to its weights.
 * @returns the text of its model.json, and its shards by name
 */
export function mutateTfjs({ json, weights }, random) {
  const copy = structuredClone(json);
  const files = new Map([["weights.bin", weights]]);
  for (let i = 0; i <= random.below(4); i++) changeJson(copy, random);
  const what = random.next();
  if (what < 0.1) files.set("weights.bin", weights.subarray(0, random.below(weights.length)));
  else if (what < 0.15) files.set("weights.bin", Buffer.concat([weights, Buffer.alloc(1 + random.below(64), 255)]));
  else if (what < 0.18) files.delete("weights.bin");
  return { text: cut(JSON.stringify(copy), random), files };
}

/** A sound model in several shards, with something wrong about those or about the manifest. */
export function mutateShards({ json, weights }, random) {
  const copy = structuredClone(json);
  const [group] = copy.weightsManifest;
  const files = new Map();
  const ends = Array.from({ length: 1 + random.below(4) }, () => random.below(weights.length)).sort((a, b) => a - b);
  [...ends, weights.length].forEach((end, i) => files.set(`part${i}.bin`, weights.subarray(ends[i - 1] ?? 0, end)));
  group.paths = [...files.keys()];
  const any = () => random.pick([...files.keys()]);
  const at = () => random.below(group.paths.length);
  const changes = [
    () => group.paths.splice(at(), 1),
    () => group.paths.splice(at(), 0, random.pick(group.paths)),
    () => (group.paths[at()] = random.pick(LOCATIONS)),
    () => group.paths.reverse(),
    () => files.delete(any()),
    () => files.set(any(), undefined), // a folder
    () => files.set(any(), "link"),
    () => files.set(any(), Buffer.alloc(random.below(2 * weights.length), 255)),
    () => copy.weightsManifest.push(structuredClone(group)),
    () => copy.weightsManifest.unshift({ paths: [any()], weights: [] }),
    () => copy.weightsManifest.push({ paths: [], weights: group.weights.splice(random.below(group.weights.length)) }),
    () => changeJson(copy.weightsManifest, random),
  ];
  for (let i = 0; i <= random.below(3) && group.paths.length && files.size; i++) random.pick(changes)();
  return { text: cut(JSON.stringify(copy), random), files };
}

/** Now and then a text is cut off. */
const cut = (text, random) => (random.next() < 0.05 ? text.slice(0, random.below(text.length)) : text);
