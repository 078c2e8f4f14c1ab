import { availableParallelism, cpus } from "node:os";
import type { Model } from "@prune/core";
import type { Environment } from "@prune/report";
import type { Io } from "../io.ts";
import { version } from "../version.ts";

/** Where and how a report came about. */
export async function environmentOf({ runtime }: Model, io: Io): Promise<Environment> {
  const own = runtime.name === "onnxruntime" ? (await import("onnxruntime-node")).env.versions.node : undefined;
  return machine(own === undefined ? {} : { [runtime.name]: own }, io);
}

/** The same without a model. @param versions of the runtime, where one is at work */
export function machine(versions: Environment["versions"], { command = [] }: Io): Environment {
  return {
    command,
    versions: { prune: version(), node: process.versions.node, ...versions },
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
  };
}
