/** Ctrl-C for work that can end early and keep what it has: the first is passed on to it, the next one ends the process. */
export class Interruption {
  /** What such work looks at. */
  readonly signal: { aborted: boolean } = { aborted: false };
  #onRaise: (() => void) | undefined;

  /** Such work begins. @param onRaise hears of the interruption, if one comes before {@link end} */
  begin(onRaise: () => void): void {
    this.#onRaise = onRaise;
  }

  end(): void {
    this.#onRaise = undefined;
  }

  /** Interrupts the work under way. @returns whether there is any that was not interrupted before */
  raise(): boolean {
    if (!this.#onRaise || this.signal.aborted) return false;
    this.signal.aborted = true;
    this.#onRaise();
    return true;
  }
}
