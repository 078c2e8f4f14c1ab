/** What a page found out about a model that it pruned. */
export interface PageResult {
  /** MACs and parameters that are left, as fractions. */
  readonly macs: number;
  readonly params: number;
  readonly exact: boolean;
  /** Difference between what the toolkit and what TensorFlow.js makes of the pruned model, relative to the largest number. */
  readonly difference: number;
  /** The same between the pruned model and what was kept of it and loaded again. */
  readonly keptDifference: number;
  readonly bytes: { readonly before: number; readonly after: number };
}

/** What a test can have the page do, on a backend of TensorFlow.js, with the model at an address. */
export interface PageCalls {
  /** A LayersModel: loaded, pruned, run, and kept in the page's IndexedDB. */
  layersModel(backend: string, url: string): Promise<PageResult>;
  /** A GraphModel: its files fetched, pruned, run, and written to files in memory. */
  graphModel(backend: string, url: string): Promise<PageResult>;
  /** Loss on samples held out, before and after training a pruned LayersModel. */
  training(backend: string, url: string): Promise<{ readonly before: number; readonly after: number }>;
}

declare global {
  var page: PageCalls;
}
