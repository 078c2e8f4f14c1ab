import { type Graph, isPruneError, type Runtime } from "@prune/core";
import { errorRuntime, errorTooLarge } from "../errors.ts";
import { MAX_MESSAGE_BYTES } from "../limits.ts";
import { concat } from "../proto/chunk.ts";
import { encodeModel } from "../proto/write-model.ts";
import type { Ort, OrtSession, OrtSessionOptions } from "./ort.ts";
import { nameOf, type Provider, type ProviderAdvice, usableProviders } from "./providers.ts";
import { sessionOver } from "./session.ts";
import { settingsOf } from "./settings.ts";

/** How sessions are created. `onWarning` hears, once, about a provider that was asked for and cannot be used. */
export interface OrtRuntimeOptions extends ProviderAdvice {
  /** Best first. Default `["cpu"]`. Those that cannot be used are passed over, as long as one can. */
  readonly executionProviders?: readonly Provider[] | undefined;
  /** Options of ONNX Runtime that go into every session as they are. */
  readonly sessionOptions?: OrtSessionOptions | undefined;
  /** Runs the sessions that are asked for in the background. Default: they run like all others. */
  readonly background?: Ort | undefined;
  /** Opens a graph that is too large for one message. Default: that is an error. */
  readonly openLarge?: ((graph: Graph, create: CreateFromPath) => Promise<OrtSession>) | undefined;
  /** Largest model that is handed over in memory, in bytes. Default 2 GiB - 1. */
  readonly maxMessageBytes?: number | undefined;
}

/** Creates a session from a file. */
export type CreateFromPath = (path: string) => Promise<OrtSession>;

/** A runtime that says which execution provider its sessions use. */
export interface OrtRuntime extends Runtime {
  /** Name of the provider in use; undefined until a session was opened. */
  inUse(): string | undefined;
}

/** Runs graphs with ONNX Runtime: `onnxruntime-node`, `onnxruntime-web`, or a function that loads one of them. */
export function ortRuntime(ort: Ort | (() => Promise<Ort>), options: OrtRuntimeOptions = {}): OrtRuntime {
  const { executionProviders = ["cpu"], sessionOptions = {} } = options;
  let usable: Promise<readonly Provider[]> | undefined;
  let used: string | undefined;
  return {
    name: "onnxruntime",
    inUse: () => used,
    async open(graph, session = {}) {
      const foreground = typeof ort === "function" ? await ort() : ort;
      const module = (session.background && options.background) || foreground;
      const providers = session.cpu
        ? ["cpu"]
        : await (usable ??= usableProviders(foreground, executionProviders, options));
      const provider = nameOf(providers[0] ?? "cpu");
      try {
        const opened = await create(module, graph, settingsOf(session, providers, sessionOptions), options);
        if (!session.cpu) used = provider;
        return sessionOver(module, opened, provider);
      } catch (error) {
        throw isPruneError(error) ? error : errorRuntime("load the graph", error, provider);
      }
    },
  };
}

function create(ort: Ort, graph: Graph, settings: OrtSessionOptions, options: OrtRuntimeOptions): Promise<OrtSession> {
  const { openLarge, maxMessageBytes = MAX_MESSAGE_BYTES } = options;
  const model = encodeModel(graph);
  if (model.length <= maxMessageBytes) return ort.InferenceSession.create(concat(model.chunks), settings);
  if (!openLarge) throw errorTooLarge(model.length, maxMessageBytes);
  return openLarge(graph, (path) => ort.InferenceSession.create(path, settings));
}
