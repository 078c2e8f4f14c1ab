import { type DataSet, dataSetOf, type NpyArray, parseNpz } from "@prune/cli/portable";
import { type Graph, isPruneError, type ValueInfo } from "@prune/core";

/** Images that the page brings: the first ones of the files of the same names. */
export const SHIPPED = {
  evaluation: { file: "data/test10k-1000.npz", count: 1000 },
  calibration: { file: "data/train10k-500.npz", count: 500 },
} as const;

export type Purpose = keyof typeof SHIPPED;

/** Images as they were read, of one channel each. */
export type Images = ReadonlyMap<string, NpyArray>;

/** Fetches images from beside the page, once. */
export function imageStore(base: string): (purpose: Purpose) => Promise<Images> {
  const known = new Map<Purpose, Promise<Images>>();
  return (purpose) => {
    const { file } = SHIPPED[purpose];
    const images = known.get(purpose) ?? fetchBytes(new URL(file, base)).then((bytes) => parseNpz(bytes, file).arrays);
    known.set(purpose, images);
    return images;
  };
}

export async function fetchBytes(url: URL): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname}: the server answered ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Images as a network takes them: with channels last where it has them there, as there is one alone. */
export function dataFor({ inputs }: Graph, images: Images): DataSet {
  return dataSetOf(new Map([...images].map(([name, array]) => [name, shapedFor(inputs[0], array)])), inputs, {
    source: "The page's images, of 1 × 28 × 28 pixels,",
  });
}

function shapedFor(input: ValueInfo | undefined, array: NpyArray): NpyArray {
  const wanted = input?.dims ?? [];
  const [count = 0, ...sample] = array.dims;
  const own = sample.filter((d) => d !== 1).join();
  const same =
    wanted
      .slice(1)
      .filter((d) => d !== 1)
      .join() === own;
  return sample.length && same ? { ...array, dims: [count, ...wanted.slice(1).map(Number)] } : array;
}

/** Why images do not fit a network; undefined when they do. */
export function misfit(graph: Graph, images: Images): string | undefined {
  try {
    dataFor(graph, images);
    return undefined;
  } catch (error) {
    if (isPruneError(error)) return error.message;
    throw error;
  }
}
