import type { Cost, Plan, Report } from "@prune/core";
import type { Settings } from "../settings.ts";

/** A file that a person chose, or that the page brings. */
export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A box of the drawing: a layer with weights, a place where paths join, or an end of the network. */
export interface Box {
  readonly id: string;
  readonly kind: "layer" | "join" | "input" | "output";
  readonly label: string;
  readonly opType: string;
  /** Which entry of a report's `layers` it is; −1 for what has no weights. */
  readonly layer: number;
  /** Groups of its outputs. */
  readonly groups: readonly string[];
  /** Center and size, in pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A line from one box to another, as points to go through. */
export interface Line {
  readonly from: string;
  readonly to: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** The network as it is drawn. */
export interface Drawing {
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
  readonly width: number;
  readonly height: number;
}

/** Units that live and die together. */
export interface GroupView {
  readonly id: string;
  readonly kind: string;
  /** Number of units, each of `width` channels. */
  readonly size: number;
  readonly width: number;
  readonly layers: readonly string[];
  /** Why it cannot be cut, and the operator that is in the way. */
  readonly blocked?: { readonly reason: string; readonly node?: string };
}

/** A scorer, as far as it can be used on this network. */
export interface ScorerView {
  readonly name: string;
  /** Whether it reads activations or gradients, and so needs images. */
  readonly needsData: boolean;
  /** Whether it gives importances to single weights, which other types than neurons go by. */
  readonly weights: boolean;
}

/** What the page knows of a network once it is opened. */
export interface NetworkView {
  readonly name: string;
  readonly format: "onnx" | "tfjs";
  readonly cost: Cost;
  readonly fileBytes: number;
  readonly inputs: readonly string[];
  readonly groups: readonly GroupView[];
  /** The report of a cut that removes nothing. */
  readonly report: Report;
  readonly drawing: Drawing;
  readonly scorers: readonly ScorerView[];
  /** Whether the page's images fit; where they do not, why. */
  readonly images: { readonly fit: true } | { readonly fit: false; readonly why: string };
}

/** What settings come to, before anything is cut. */
export interface Estimate {
  readonly report: Report;
  /** Units that stay in each group that loses any. */
  readonly kept: Readonly<Record<string, number>>;
}

/** Importances of a group's units, and which of them stay; sorted, least first. */
export interface Importances {
  readonly scores: Float32Array;
  readonly kept: Uint8Array;
}

/** How a network does: one row of the table. */
export interface Measured {
  readonly stage: "original" | "cut" | "recovered";
  readonly cost: Cost;
  readonly fileBytes: number;
  /** Size of the file after gzip. */
  readonly compressedBytes: number;
  /** Median of a run with one sample, in milliseconds. */
  readonly latency: number;
  readonly accuracy?: number | undefined;
}

/** An image that some network gets wrong. */
export interface Example {
  readonly index: number;
  readonly label: number;
  readonly before: number;
  readonly after: number;
  /** 28 × 28 grey values. */
  readonly pixels: Uint8Array;
}

/** What came out. */
export interface Outcome {
  readonly settings: Settings;
  readonly rows: readonly Measured[];
  readonly report: Report;
  readonly plan: Plan;
  /** The network's file; a model of TensorFlow.js has several. */
  readonly files: readonly NamedFile[];
  readonly examples: readonly Example[];
  readonly images: number;
  readonly timing: { readonly runs: number; readonly threads: number };
  readonly seconds: number;
}

/** Hears what is being done, and how far it is, in [0, 1], where that is known. */
export type OnProgress = (text: string, fraction?: number) => void;

/** An error on its way out of the worker. */
interface EngineFailure {
  readonly code: string;
  readonly message: string;
}
export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: EngineFailure };

/** What the worker does for the page. */
export interface Engine {
  /** Opens a model that the page brings, by name. */
  openShipped(name: string, onProgress: OnProgress): Promise<Answer<NetworkView>>;
  /** Opens files that a person chose. */
  openFiles(files: readonly NamedFile[], onProgress: OnProgress): Promise<Answer<NetworkView>>;
  estimate(settings: Settings, onProgress: OnProgress): Promise<Answer<Estimate>>;
  importances(settings: Settings, group: string): Promise<Answer<Importances>>;
  prune(settings: Settings, onProgress: OnProgress): Promise<Answer<Outcome>>;
}
