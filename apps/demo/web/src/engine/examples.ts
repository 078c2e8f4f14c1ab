import type { Example } from "./api.ts";
import type { Images } from "./images.ts";

/** What two networks say about labelled images. */
export interface Answers {
  readonly before: Int32Array;
  readonly after: Int32Array;
  readonly labels: Int32Array;
  readonly images: Images;
}

/** The images that either network gets wrong, in their order. */
export function examplesOf({ before, after, labels, images }: Answers): Example[] {
  const array = [...images.values()].find(({ dims }) => dims.length > 1);
  if (!array) return [];
  const each = array.data.length / array.dims[0]!;
  const examples: Example[] = [];
  for (const [index, label] of labels.entries()) {
    if (before[index] === label && after[index] === label) continue;
    const pixels = Uint8Array.from(array.data.subarray(index * each, (index + 1) * each) as ArrayLike<number>);
    examples.push({ index, label, before: before[index]!, after: after[index]!, pixels });
  }
  return examples;
}
