/** How weights are written. */
export interface SavingOptions {
  /** Write weights that were quantised in the type that they were stored in. Default false: as float32. */
  readonly keepQuantization?: boolean | undefined;
}
