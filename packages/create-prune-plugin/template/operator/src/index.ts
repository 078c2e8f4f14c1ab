import { definePlugin, type Plugin } from "@prune/core";
import { myThing } from "./my-thing.ts";

export { myThing } from "./my-thing.ts";

/** What `prune --plugin my-package` loads. */
export const plugin: Plugin = definePlugin({ name: "my-package", contract: 1, operators: [myThing] });
