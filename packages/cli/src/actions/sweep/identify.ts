import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { filesBeside, readFileBytes, readOnnx } from "@prune/backend-onnx/node";
import { PruneError } from "@prune/core";
import { type Job, jobId, type JobIdentity } from "@prune/sweep";
import { version } from "../../version.ts";
import { flagsIdentity, hashOf } from "../identity.ts";
import { isTfjs } from "../open-model.ts";
import { jobFlags } from "./job-flags.ts";
import type { LoadedSweep, PlannedJob } from "./load-sweep.ts";

/** Tells jobs apart by what makes their results. A file that has not changed is read once. */
export interface Identifier {
  job(planned: PlannedJob): Promise<Job>;
}

export function createIdentifier(sweep: LoadedSweep): Identifier {
  const hash = remembered(hashOf);
  const files = remembered(filesOf);
  const model = async (path: string): Promise<string> => {
    const all: string[] = [];
    for (const file of await files(path)) all.push(await hash(file));
    return all.length === 1 ? all[0]! : digest(all.join("\n"));
  };
  return {
    async job(planned) {
      const { name, settings } = planned;
      const { sources = {}, evaluate, plugin = [], pluginsFrom, output: _, ...flags } = await jobFlags(planned, sweep, "model.onnx"); // prettier-ignore
      const plugins: string[] = [];
      for (const p of plugin)
        plugins.push(typeof p !== "string" ? p.name : isPath(p) ? await hash(resolve(pluginsFrom!, p)) : p);
      const hasCode =
        evaluate !== undefined || Object.keys(sources).length > 0 || plugin.some((p) => typeof p !== "string");
      const { "--sources": _sources, ...own } = await flagsIdentity({ ...flags, sources }, hash);
      const identity: JobIdentity = {
        version: version(),
        runtime: (await import("onnxruntime-node")).env.versions.node ?? "unknown",
        model: await model(resolve(sweep.base, planned.model)),
        ...own,
        ...(plugins.length ? { "--plugin": plugins } : {}),
        // What code does cannot be told from its name.
        ...(hasCode ? { configuration: await hash(resolve(sweep.file)) } : {}),
      };
      return { id: jobId(identity, digest), name, settings, identity };
    },
  };
}

const isPath = (plugin: string): boolean => plugin.startsWith(".") || isAbsolute(plugin);

/** The same function of a file, called again only once the file has changed. */
function remembered<T>(find: (path: string) => Promise<T>): (path: string) => Promise<T> {
  const known = new Map<string, { readonly stamp: string; readonly found: Promise<T> }>();
  return async (path) => {
    const stamp = await stampOf(path);
    const before = known.get(path);
    if (before?.stamp === stamp) return before.found;
    const found = find(path);
    known.set(path, { stamp, found });
    return found;
  };
}

/** The files that make a model: itself, and those beside it that hold weights. */
async function filesOf(path: string): Promise<string[]> {
  const bytes = await readFileBytes(path);
  if (isTfjs(path)) return [path, ...weightFiles(bytes).map((name) => join(dirname(path), name))];
  const beside = filesBeside(path, path);
  const names = new Set<string>();
  readOnnx(bytes, {
    source: path,
    files: { open: (range, tensor) => (names.add(range.location), beside.open(range, tensor)) },
  });
  return [path, ...[...names].map((name) => join(dirname(path), name))];
}

function weightFiles(bytes: Uint8Array): string[] {
  try {
    const { weightsManifest = [] } = JSON.parse(new TextDecoder().decode(bytes)) as { readonly weightsManifest?: readonly { readonly paths: readonly string[] }[] }; // prettier-ignore
    return weightsManifest.flatMap(({ paths }) => paths);
  } catch {
    return []; // whoever opens it says what is wrong
  }
}

async function stampOf(path: string): Promise<string> {
  try {
    const { size, mtimeMs, ino } = await stat(path);
    return `${size} ${mtimeMs} ${ino}`;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PruneError("io-failed", `${path}: cannot be read: ${why}. Check the path; those of a sweep are relative to its configuration.`, { cause }); // prettier-ignore
  }
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
