import { EXTREMES } from "./random.mjs";

const STRINGS = ["", "__proto__", "constructor", "../../../etc/passwd", "Dense", "NoSuchLayer", "relu", "int32", "\0"];

/** Changes one thing about a tree of JSON, wherever in it. */
export function changeJson(root, random) {
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
