/** Broken laws, each said once, with the first place where it was found broken. */
export class Findings {
  private readonly found = new Map<string, string>();

  /** `law` says what happens instead of what should. */
  add(law: string, place?: string): void {
    if (!this.found.has(law)) this.found.set(law, place === undefined ? law : `${law} (${place})`);
  }

  /** Runs a check; an error it throws is a finding too. */
  async attempt<T>(law: string, place: string, check: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await check();
    } catch (error) {
      this.add(law, `${place}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  list(): string[] {
    return [...this.found.values()];
  }
}
