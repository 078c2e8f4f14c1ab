import { definePlugin, type Plugin } from "@prune/core";
import { myThing } from "./my-thing.ts";

export { myThing, type MyThingOptions } from "./my-thing.ts";

/** What `prune --plugin my-package` loads. */
export const plugin: Plugin = definePlugin({
  name: "my-package",
  contract: 1,
  pruners: {
    "my-thing": {
      summary: "units of little importance, however many there are",
      // Flags of `prune run` that it goes by.
      takes: ["scorer", "aggregate", "normalize"],
      options: {
        below: {
          type: "number",
          exclusiveMinimum: 0,
          exclusiveMaximum: 1,
          default: 0.5,
          description: "fraction of the mean importance of a group",
        },
      },
      make: (options) => myThing(options),
    },
  },
});
