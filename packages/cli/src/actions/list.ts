import {
  coreOperators,
  expectedOption,
  type Offer,
  type OpHandler,
  type OptionSchemas,
  type ReaderOffer,
  type PluginSection,
} from "@prune/core";
import { createColors } from "picocolors";
import type { List, ListFlags } from "../commands/list.ts";
import type { Io } from "../io.ts";
import { table } from "../lib/table.ts";
import type { Installed, Registry } from "../registry.ts";
import { registryFor } from "./registry-for.ts";

/** Something that can be asked for by name. */
export interface Listed {
  readonly name: string;
  /** The package that it is from. */
  readonly from: string;
  readonly summary: string;
  readonly source?: string;
  readonly options?: OptionSchemas;
  /** Of a scorer: the evidence that it needs data for (--calib). */
  readonly needs?: readonly string[];
  /** Of a scorer: whether it also scores single weights. */
  readonly weights?: boolean;
  /** Of a pruner: the flags that it goes by, and the values of --allocation. */
  readonly takes?: readonly string[];
  readonly allocations?: readonly string[];
  /** Of a reader: the files that it reads, by how their names end. */
  readonly extensions?: readonly string[];
}

/** An operator that has rules. */
export interface ListedOperator {
  readonly name: string;
  readonly from: string;
  readonly domain: string;
  readonly since: number;
  /** What is known of it; without links, all that it touches stays whole. */
  readonly rules: readonly string[];
}

/** Lists what is installed. */
export async function listInstalled(list: List, flags: ListFlags, io: Io): Promise<void> {
  const registry = await registryFor(flags);
  const items = list === "operators" ? operatorsOf(registry) : await itemsOf(list, registry);
  if (flags.json) return void io.stdout.write(`${JSON.stringify({ format: "prune-list/1", list, items })}\n`);
  if (flags.quiet) return;
  const { bold, dim } = createColors(io.stdout.isTTY === true);
  if (!items.length) return void io.stdout.write(`There are no ${list} here; plug-ins may bring some (--plugin).\n`);
  const text = items.map((item) => ("rules" in item ? undefined : entryOf(item, bold, dim)));
  io.stdout.write(`${list === "operators" ? operatorTable(items as ListedOperator[], bold) : text.join("\n\n")}\n`);
}

async function itemsOf(section: Exclude<List, "operators">, registry: Registry): Promise<Listed[]> {
  const installed: readonly Installed[] = registry.installed(section);
  return Promise.all(
    installed.map(async ({ name, from, offer }) => {
      const { summary, source, options } = offer;
      const about = { summary, ...(source === undefined ? {} : { source }), ...(options ? { options } : {}) };
      return { name, from, ...about, ...(await particulars(section, name, offer, registry)) };
    }),
  );
}

/** What only things of one section have; what a scorer needs is what it says itself, without options. */
async function particulars(
  section: PluginSection,
  name: string,
  offer: Offer<unknown>,
  registry: Registry,
): Promise<Partial<Listed>> {
  switch (section) {
    case "scorers": {
      const { needs: all, scoreWeights } = await registry.scorer(name);
      const free = (await registry.evidence(all)).filter(({ dataFree }) => dataFree).map(({ kind }) => kind);
      const needs = all.filter((kind) => !free.includes(kind));
      return { needs, weights: scoreWeights !== undefined };
    }
    case "pruners": {
      const takes = registry.takes(name);
      return { takes, ...(takes.includes("allocation") ? { allocations: registry.allocations(name) } : {}) };
    }
    case "readers":
      return { extensions: (offer as ReaderOffer).extensions };
    default:
      return {};
  }
}

type Paint = (text: string) => string;

function entryOf(item: Listed, bold: Paint, dim: Paint): string {
  const { name, from, summary, source, options = {}, needs, weights, takes, allocations, extensions } = item;
  const flag = (key: string): string => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const lines = [
    extensions?.length ? `reads ${extensions.join(", ")}` : "",
    needs?.length ? `needs --calib (${needs.join(", ")})` : "",
    weights === undefined ? "" : weights ? "also scores single weights" : "",
    takes ? `goes by ${takes.map(flag).join(", ")}` : "",
    allocations ? `--allocation ${allocations.join(", ")}` : "",
    ...Object.entries(options).map(([key, schema]) => {
      const given = schema.default === undefined ? "" : `, default ${String(schema.default)}`;
      return `:${key}=  ${expectedOption(schema)}${given}${schema.description ? `; ${schema.description}` : ""}`;
    }),
    dim([source, from].filter(Boolean).join("; ")),
  ].filter(Boolean);
  return [`${bold(name)}  ${summary}`, ...lines.map((line) => `  ${line}`)].join("\n");
}

const RULES = ["links", "zero", "cut", "macs", "linear", "gradient"] as const satisfies readonly (keyof OpHandler)[];

function operatorsOf({ installedOperators }: Registry): ListedOperator[] {
  const own = coreOperators.map((handler) => ({ handler, from: "@prune/core" }));
  return [...own, ...installedOperators]
    .map(({ handler, from }) => ({
      name: handler.type,
      from,
      domain: handler.domain ?? "",
      since: handler.since ?? 1,
      rules: RULES.filter((rule) => handler[rule] !== undefined),
    }))
    .toSorted((a, b) => a.domain.localeCompare(b.domain) || a.name.localeCompare(b.name) || a.since - b.since);
}

function operatorTable(operators: readonly ListedOperator[], bold: Paint): string {
  const columns = ["Operator", "Domain", "Since", "Rules", "From"].map((title) => ({ title }));
  const rows = operators.map(({ name, domain, since, rules, from }) => [
    name,
    domain || "ai.onnx",
    String(since),
    rules.join(" "),
    from,
  ]);
  return table(columns, rows, bold);
}
