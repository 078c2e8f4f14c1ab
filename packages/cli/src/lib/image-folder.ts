import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type DataReader, PruneError, type ValueInfo } from "@prune/core";
import type sharpModule from "sharp";
import type { NpyArray } from "./npy.ts";

type Sharp = typeof sharpModule;

/** Pictures of other kinds are passed over. */
const PICTURE = /\.(png|jpe?g|webp|gif|tiff?|avif)$/i;
/** Decoded pictures are held in memory; beyond this, a part of the folder has to do. */
const MAX_BYTES = 2 ** 31;

/** How pictures lie in a model's input. */
interface Layout {
  readonly channels: 1 | 3;
  readonly last: boolean;
  /** Undefined: those of the first picture. */
  readonly height: number | undefined;
  readonly width: number | undefined;
}

/**
 * Reads a folder of pictures as the model's one input: uint8, `[N, C, H, W]` or, where the model has channels last,
 * `[N, H, W, C]`. Pictures are scaled so that they cover the input's height and width, and cropped around the centre.
 * Sub-folders are classes: their names in alphabetical order or, when all are whole numbers, those numbers.
 * @param limit the most pictures to read; with classes, as many of each as there are
 * @throws {PruneError} `bad-data`, `missing-dependency`
 */
export async function readImageFolder(
  path: string,
  inputs: readonly ValueInfo[],
  limit: number = Infinity,
): Promise<Map<string, NpyArray>> {
  const layout = layoutOf(path, inputs);
  const { files, labels } = await listPictures(path, limit);
  const sharp = await loadSharp(path);
  const first = await sharp(files[0])
    .metadata()
    .catch((cause: unknown) => Promise.reject(errorPicture(files[0]!, cause)));
  const [height, width] = [layout.height ?? first.height, layout.width ?? first.width];
  const { channels, last } = layout;
  const size = channels * height * width;
  if (files.length * size > MAX_BYTES)
    throw bad(path, `holds ${files.length} pictures of ${size} bytes, more than ${MAX_BYTES}; use a part of it`);
  const data = new Uint8Array(files.length * size);
  for (const [i, file] of files.entries()) {
    const pixels = await decode(sharp, file, height, width, channels);
    if (last || channels === 1) data.set(pixels, i * size);
    else
      for (let p = 0; p < pixels.length; p++)
        data[i * size + (p % 3) * height * width + Math.floor(p / 3)] = pixels[p]!;
  }
  const dims = last ? [files.length, height, width, channels] : [files.length, channels, height, width];
  const arrays = new Map<string, NpyArray>([[inputs[0]!.name, { dtype: "uint8", dims, data }]]);
  if (labels) arrays.set("labels", { dtype: "int32", dims: [labels.length], data: Int32Array.from(labels) });
  return arrays;
}

function layoutOf(path: string, inputs: readonly ValueInfo[]): Layout {
  const dims = inputs[0]?.dims;
  const sized = (d: number | string | undefined): number | undefined => (typeof d === "number" ? d : undefined);
  const isChannels = (d: number | string | undefined): d is 1 | 3 => d === 1 || d === 3;
  if (inputs.length === 1 && dims?.length === 4) {
    const [, a, b, c] = dims;
    if (isChannels(a)) return { channels: a, last: false, height: sized(b), width: sized(c) };
    if (isChannels(c)) return { channels: c, last: true, height: sized(a), width: sized(b) };
  }
  const shape = inputs.map((v) => `[${v.dims?.map((d) => d ?? "?").join(", ") ?? "?"}]`).join(" and ");
  throw bad(path, `is a folder of pictures; the model takes ${shape}, which are not pictures of 1 or 3 channels`);
}

async function listPictures(path: string, limit: number): Promise<{ files: string[]; labels: number[] | undefined }> {
  const entries = (await readdir(path, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const classes = entries.filter((e) => e.isDirectory()).map((e) => e.name);
  const own = entries.filter((e) => e.isFile() && PICTURE.test(e.name)).map((e) => join(path, e.name));
  if (own.length) return { files: own.slice(0, limit), labels: undefined };
  const numbered = classes.length > 0 && classes.every((name) => /^\d+$/.test(name));
  const lists = await Promise.all(
    classes.map(async (name) =>
      (await readdir(join(path, name)))
        .filter((file) => PICTURE.test(file))
        .sort()
        .map((file) => join(path, name, file)),
    ),
  );
  // In turn from every class, so that the first pictures are a fair sample.
  const longest = Math.max(0, ...lists.map((list) => list.length));
  const all = Array.from({ length: longest }, (_, i) =>
    lists.flatMap((list, c) => (i < list.length ? [{ file: list[i]!, label: numbered ? Number(classes[c]) : c }] : [])),
  )
    .flat()
    .slice(0, limit);
  if (!all.length) throw bad(path, "holds no pictures, and no folders of pictures (png, jpg, webp, gif, tiff, avif)");
  return { files: all.map(({ file }) => file), labels: all.map(({ label }) => label) };
}

async function decode(sharp: Sharp, file: string, height: number, width: number, channels: 1 | 3): Promise<Uint8Array> {
  try {
    const image = sharp(file).flatten().resize(width, height, { fit: "cover" });
    const coloured = image.toColourspace(channels === 1 ? "b-w" : "srgb").raw();
    const { data, info } = await coloured.toBuffer({ resolveWithObject: true });
    // A grey picture stays one channel whatever is asked for; a few keep more than were asked for.
    if (info.channels === channels) return data;
    return Uint8Array.from({ length: height * width * channels }, (_, i) => {
      const [pixel, channel] = [Math.floor(i / channels), i % channels];
      return data[pixel * info.channels + Math.min(channel, info.channels < 3 ? 0 : 2)]!;
    });
  } catch (cause) {
    throw errorPicture(file, cause);
  }
}

async function loadSharp(path: string): Promise<Sharp> {
  try {
    return (await import("sharp")).default;
  } catch (cause) {
    throw new PruneError(
      "missing-dependency",
      `${path} is a folder of pictures, which take the package sharp to read: npm install sharp`,
      { cause },
    );
  }
}

const errorPicture = (file: string, cause: unknown): PruneError =>
  bad(
    file,
    `cannot be read as a picture: ${cause instanceof Error ? cause.message.split("\n")[0]! : String(cause)}`,
    cause,
  );

const bad = (source: string, problem: string, cause?: unknown): PruneError =>
  new PruneError("bad-data", `${source} ${problem}.`, cause === undefined ? {} : { cause });

/** Reads a folder of pictures. */
export const imageReader: DataReader = {
  name: "images",
  read: async (path, { inputs, limit }) => Object.fromEntries(await readImageFolder(path, inputs, limit)),
};
