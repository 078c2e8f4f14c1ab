import { EXTREMES } from "./random.mjs";

const STRINGS = ["", "__proto__", "constructor", "../../../etc/passwd", "Dense", "NoSuchLayer", "relu", "int32", "\0"];

/** A damaged copy of a TensorFlow.js model: one to four changes to its JSON, and now and then to its weights. */
export function mutateTfjs({ json, weights }, random) {
  const copy = structuredClone(json);
  for (let i = 0; i <= random.below(4); i++) change(copy, random);
  let text = JSON.stringify(copy);
  if (random.next() < 0.05) text = text.slice(0, random.below(text.length));
  let shard = weights;
  const what = random.next();
  if (what < 0.1) shard = weights.subarray(0, random.below(weights.length));
  else if (what < 0.15) shard = Buffer.concat([weights, Buffer.alloc(1 + random.below(64), 255)]);
  else if (what < 0.18) shard = undefined;
  return { text, weights: shard };
}

function change(root, random) {
  const places = [];
  const visit = (holder) => {
    for (const key of Object.keys(holder)) {
      places.push([holder, key]);
      if (holder[key] && typeof holder[key] === "object") visit(holder[key]);
    }
  };
  visit(root);
  if (!places.length) return;
  const [holder, key] = random.pick(places);
  const [from, other] = random.pick(places);
  const changes = [
    () => (Array.isArray(holder) ? holder.splice(Number(key), 1) : delete holder[key]),
    () => (holder[key] = random.pick(EXTREMES)),
    () => (holder[key] = random.pick(STRINGS)),
    () => (holder[key] = random.pick([null, true, [], {}, [[]], [-1], [1e9, 1e9]])),
    () => (holder[key] = structuredClone(from[other])),
    () => (Array.isArray(holder[key]) ? holder[key].push(structuredClone(from[other])) : (holder[key] = [holder[key]])),
    () =>
      Object.defineProperty(holder, "__proto__", { value: {}, enumerable: true, configurable: true, writable: true }),
  ];
  random.pick(changes)();
}
