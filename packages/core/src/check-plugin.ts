import { expectedOption, isValidOption, type OptionSchema } from "./option-schema.ts";
import { PLUGIN_CONTRACT, type Plugin } from "./plugin.ts";

/** Where a plug-in holds what is asked for by name. */
export type PluginSection = Exclude<keyof Plugin, "name" | "contract" | "operators">;

/** Each section, what one of its entries is called, and what shows that something is one. */
const SECTIONS: Readonly<Record<PluginSection, { readonly what: string; readonly has: (made: Fields) => boolean }>> = {
  scorers: {
    what: "scorer",
    has: (s) => Array.isArray(s["needs"]) && ["score", "scoreMember", "scoreWeights"].some((way) => isFunction(s[way])),
  },
  pruners: { what: "pruner", has: (p) => isFunction(p["decide"]) },
  recovery: { what: "recovery step", has: (r) => isFunction(r["recover"]) },
  evidence: { what: "provider of evidence", has: (e) => isFunction(e["gather"]) },
  losses: { what: "loss", has: (l) => isFunction(l["build"]) },
  metrics: { what: "metric", has: (m) => isFunction(m["measure"]) },
  readers: { what: "reader", has: (r) => isFunction(r["read"]) },
};

/** What each kind of thing must have, for messages. */
const SHAPES: Readonly<Record<PluginSection, string>> = {
  scorers: "{ name, needs, score | scoreMember | scoreWeights }",
  pruners: "{ name, decide }",
  recovery: "{ name, recover }",
  evidence: "{ kind, gather }",
  losses: "{ name, build }",
  metrics: "{ name, measure }",
  readers: "{ name, read }",
};

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const isFunction = (value: unknown): boolean => typeof value === "function";
const isList = (value: unknown, each: (item: unknown) => boolean): boolean => Array.isArray(value) && value.every(each);

/**
 * Whether something is a plug-in of this contract, without making anything that it offers.
 * @returns what is wrong, in words; empty when nothing is
 */
export function checkPlugin(value: unknown): string[] {
  if (!isFields(value) || Array.isArray(value))
    return [`must be an object { name, contract, … }, got ${nameOf(value)}`];
  const { name, contract, operators = [], ...sections } = value;
  if (typeof name !== "string" || !name) return ["has no name"];
  if (contract !== PLUGIN_CONTRACT) return [contractProblem(contract)];
  const found = Object.entries(sections).flatMap(([key, offers]) => sectionProblems(key, offers));
  const odd = isList(operators, (o) => isFields(o) && typeof o["type"] === "string" && o["type"] !== "");
  if (!odd) found.push("operators must be a list of rules { type, links, … }");
  const offered = [operators, ...Object.values(sections).map((s) => (isFields(s) ? Object.keys(s) : []))];
  if (!found.length && offered.every((list) => (list as readonly unknown[]).length === 0)) found.push("offers nothing");
  return found;
}

function contractProblem(contract: unknown): string {
  const ours = `this version of @prune/core has contract ${PLUGIN_CONTRACT}`;
  if (typeof contract !== "number") return `has no contract; say contract: ${PLUGIN_CONTRACT}`;
  return contract > PLUGIN_CONTRACT
    ? `was written for contract ${contract}, and ${ours}: update @prune/*`
    : `was written for contract ${contract}, and ${ours}: update the plug-in`;
}

function sectionProblems(key: string, offers: unknown): string[] {
  if (!Object.hasOwn(SECTIONS, key))
    return [`has "${key}", which nothing reads; it may have ${[...Object.keys(SECTIONS), "operators"].join(", ")}`];
  if (!isFields(offers)) return [`${key} must be an object of names and what is offered under them`];
  return Object.entries(offers).flatMap(([name, offer]) => {
    const who = `${SECTIONS[key as PluginSection].what} "${name}"`;
    if (!/^[\w./@-]+$/.test(name)) return [`${who} has no name that a command line could take`];
    if (!isFields(offer) || !isFunction(offer["make"])) return [`${who} must be { summary, make, … }`];
    if (typeof offer["summary"] !== "string" || !offer["summary"]) return [`${who} has no summary`];
    return [...ownProblems(key as PluginSection, offer), ...optionProblems(offer["options"] ?? {})].map(
      (problem) => `${who}: ${problem}`,
    );
  });
}

/** What is wrong with what only offers of a section have, or must not have. */
function ownProblems(section: PluginSection, { extensions, options, takes = [], allocations = [] }: Fields): string[] {
  const isText = (item: unknown): boolean => typeof item === "string";
  if (section === "readers" && !isList(extensions, (e) => isText(e) && /^\.[^A-Z]+$/.test(e as string)))
    return ['extensions must be a list of endings in lower case, such as ".csv"'];
  if (section === "evidence" && options !== undefined) return ["evidence takes no options"];
  if (section === "pruners" && !(isList(takes, isText) && isList(allocations, isText)))
    return ["takes and allocations must be lists of names"];
  return [];
}

const TYPES = ["integer", "number", "boolean", "string"];

function optionProblems(options: unknown): string[] {
  if (!isFields(options)) return ["options must be an object of names and schemas"];
  return Object.entries(options).flatMap(([name, schema]) => {
    if (!/^[\w-]+$/.test(name)) return [`option "${name}" has no name that a command line could take`];
    if (!isFields(schema) || !TYPES.includes(schema["type"] as string))
      return [`option "${name}" must have a type: ${TYPES.join(", ")}`];
    const known = schema as unknown as OptionSchema;
    return known.default === undefined || isValidOption(known.default, known)
      ? []
      : [`option "${name}" has the default ${String(known.default)}, but must be ${expectedOption(known)}`];
  });
}

/** What is wrong with what an offer made; undefined when nothing is. */
export function checkMade(section: PluginSection, name: string, made: unknown): string | undefined {
  const { what, has } = SECTIONS[section];
  if (!isFields(made) || !has(made)) return `${what} "${name}" was made without ${SHAPES[section]}`;
  const own = made[section === "evidence" ? "kind" : "name"];
  return own === name ? undefined : `${what} "${name}" calls itself ${nameOf(own)}`;
}

const nameOf = (value: unknown): string =>
  typeof value === "string" ? `"${value}"` : value === null ? "null" : typeof value;
