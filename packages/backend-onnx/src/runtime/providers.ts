import { errorProvider, firstLine } from "../errors.ts";
import type { Ort } from "./ort.ts";
import { probeModel } from "./probe-model.ts";
import { QUIET } from "./settings.ts";

/** An execution provider: its name, or an object with its name and settings, as ONNX Runtime takes it. */
export type Provider = string | { readonly name: string };

/** Providers that are part of every build: a failure under them is the graph's, not theirs. */
const BUILT_IN: ReadonlySet<string> = new Set(["cpu", "wasm"]);

/** The provider's name. */
export function nameOf(provider: Provider): string {
  return typeof provider === "string" ? provider : provider.name;
}

/** What to tell about providers that cannot be used. */
export interface ProviderAdvice {
  readonly onWarning?: ((message: string) => void) | undefined;
  readonly fixFor?: ((provider: string) => string) | undefined;
}

/**
 * The providers of a list that work here, in its order. Each is tried with a tiny model, since ONNX Runtime only says
 * what was compiled in, and a failure to load a real model could as well be that model's fault.
 * @throws {PruneError} `provider-unavailable` when none works
 */
export async function usableProviders(
  ort: Ort,
  wanted: readonly Provider[],
  advice: ProviderAdvice,
): Promise<readonly Provider[]> {
  const { fixFor = () => "Use another provider, such as cpu." } = advice;
  const usable: Provider[] = [];
  const failures: [provider: string, cause: unknown][] = [];
  for (const provider of wanted) {
    const cause = BUILT_IN.has(nameOf(provider)) ? undefined : await failureOf(ort, provider);
    if (cause === undefined) usable.push(provider);
    else failures.push([nameOf(provider), cause]);
  }
  const [first] = failures;
  if (usable.length === 0 && first) throw errorProvider(first[0], first[1], fixFor(first[0]));
  for (const [provider, cause] of failures) {
    const text = `Execution provider "${provider}" cannot be used: ${firstLine(cause)}`;
    advice.onWarning?.(`${text}. Using "${nameOf(usable[0]!)}" instead. ${fixFor(provider)}`);
  }
  return usable;
}

async function failureOf(ort: Ort, provider: Provider): Promise<unknown> {
  try {
    const session = await ort.InferenceSession.create(probeModel(), { ...QUIET, executionProviders: [provider] });
    await session.release();
    return undefined;
  } catch (error) {
    return error ?? "it failed without saying why";
  }
}
