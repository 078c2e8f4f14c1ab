import { builtIns } from "../built-ins.ts";
import type { PluginFlags } from "../flags.ts";
import { loadPlugin } from "../plugins.ts";
import type { Registry } from "../registry.ts";

/** What the toolkit brings, and what the plug-ins that were named add to it. */
export async function registryFor({ plugin = [], pluginsFrom }: PluginFlags): Promise<Registry> {
  const registry = builtIns();
  for (const name of plugin) await loadPlugin(registry, name, pluginsFrom);
  return registry;
}
