import { definePlugin, type Plugin } from "@prune/core";
import { myThing } from "./my-thing.ts";

export { myThing, type MyThingOptions } from "./my-thing.ts";

/** What `prune --plugin my-package` loads. */
export const plugin: Plugin = definePlugin({
  name: "my-package",
  contract: 1,
  scorers: {
    "my-thing": {
      summary: "|w|^power of all weights that leave with a unit",
      options: {
        power: { type: "number", exclusiveMinimum: 0, default: 1, description: "power that magnitudes are raised to" },
      },
      make: (options) => myThing(options),
    },
  },
});
