/** Keeps the states of long work, such as training, by name, so that it can go on after an interruption. */
export interface Checkpoints {
  /** What was last saved under a name: a structure of plain objects, arrays and typed arrays. */
  readonly load: (name: string) => Promise<unknown>;
  readonly save: (name: string, state: unknown) => Promise<void>;
  /** Forgets all parts of some work, which is done. */
  readonly drop: (name: string) => Promise<void>;
}

/** The same place, with a part of its own for some work among more. */
export function under({ load, save, drop }: Checkpoints, name: string): Checkpoints {
  return {
    load: (inner) => load(`${name}/${inner}`),
    save: (inner, state) => save(`${name}/${inner}`, state),
    drop: (inner) => drop(`${name}/${inner}`),
  };
}
