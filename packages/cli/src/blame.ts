import { isPruneError, type Plugin, type PluginSection, PruneError } from "@prune/core";
import { WORDS } from "./registry.ts";

type Callable = (...args: readonly unknown[]) => unknown;

/**
 * A function of somebody else's that says whose it is when it fails.
 * @param who what to call it in messages, such as `Plug-in ranks (./ranks.mjs): scorer "ranks"`
 */
export function blaming<F extends Callable>(who: string, work: F): F {
  const blame = (error: unknown): never => {
    throw isPruneError(error) ? error : errorFailed(who, error);
  };
  const blamed: Callable = (...args) => {
    try {
      const result = work(...args);
      return result instanceof Promise ? result.catch(blame) : result;
    } catch (error) {
      return blame(error);
    }
  };
  return blamed as F;
}

/** A plug-in that says whose it is when it, or something that it made, fails. @param from what to call it in messages */
export function blamingPlugin({ name, contract, operators, ...sections }: Plugin, from: string): Plugin {
  const offers = Object.entries(sections).map(([section, offered]) => {
    const own = Object.entries(offered as Readonly<Record<string, { readonly make: Callable }>>);
    return [section, Object.fromEntries(own.map(([key, offer]) => [key, blamingOffer(offer, `${from}: ${WORDS[section as PluginSection]} "${key}"`)]))]; // prettier-ignore
  });
  const rules = operators?.map((rule) => blamingMethods(rule, `${from}: operator "${rule.type}"`));
  return { name, contract, ...(Object.fromEntries(offers) as object), ...(rules ? { operators: rules } : {}) };
}

function blamingOffer<O extends { readonly make: Callable }>(offer: O, who: string): O {
  const make = blaming(who, (...args) => offer.make(...args));
  return { ...offer, make: async (...args: readonly unknown[]) => blamingMethods(await make(...args), who) };
}

/** The same thing with methods that blame; what else it holds is read from it as it is then. */
function blamingMethods<T>(thing: T, who: string): T {
  if (typeof thing !== "object" || thing === null || Array.isArray(thing)) return thing;
  const same: object = {};
  for (const key of keysOf(thing)) {
    const get = (): unknown => {
      const value: unknown = thing[key as keyof T & object];
      return typeof value === "function" ? blaming(who, (value as Callable).bind(thing)) : value;
    };
    Object.defineProperty(same, key, { get, enumerable: true });
  }
  return same as T & object;
}

/** The names of all that an object has, from its class too. */
function keysOf(thing: object): Set<string> {
  const keys = new Set<string>();
  for (let at: object | null = thing; at && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null)
    for (const key of Object.getOwnPropertyNames(at)) if (key !== "constructor") keys.add(key);
  return keys;
}

function errorFailed(who: string, cause: unknown): PruneError {
  const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  const text = `${who} failed: ${what.replace(/\.$/, "")}`;
  return new PruneError("plugin-failed", `${text}. This is no defect of prune: tell its author.`, {
    cause,
  });
}
