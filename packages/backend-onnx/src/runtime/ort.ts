/**
 * The part of `onnxruntime-common` that this package uses. `onnxruntime-node` and `onnxruntime-web` both have it, so
 * either module can be handed in as it is, and so can any object that behaves like them.
 */
export interface Ort {
  readonly InferenceSession: {
    create(path: string, options?: OrtSessionOptions): Promise<OrtSession>;
    create(model: Uint8Array, options?: OrtSessionOptions): Promise<OrtSession>;
  };
  /** `never` accepts every runtime's own, narrower signature; `toOrtTensor` is the one caller. */
  readonly Tensor: new (type: never, data: never, dims: readonly number[]) => OrtTensor;
}

/** A session of ONNX Runtime. */
export interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** `fetches`: names of outputs, or for each name a tensor that the output is written into, or null for a new one. */
  run(
    feeds: Readonly<Record<string, never>>,
    fetches: readonly string[] | Readonly<Record<string, never>>,
  ): Promise<Readonly<Record<string, unknown>>>;
  /** Runs that keep values, where the session is in another thread; see `OrtSteps`. */
  steps?(initial: Readonly<Record<string, OrtTensor>>, next: Readonly<Record<string, string>>): Promise<OrtSteps>;
  release(): Promise<void>;
}

/** A series of runs with values that stay where the session is. */
export interface OrtSteps {
  run(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches: readonly string[],
  ): Promise<Readonly<Record<string, unknown>>>;
  state(): Promise<Readonly<Record<string, OrtTensor>>>;
}

/** A tensor of ONNX Runtime. */
export interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}

/** Options of a session; `extra` and others are passed on unseen. */
export type OrtSessionOptions = Readonly<Record<string, unknown>>;
