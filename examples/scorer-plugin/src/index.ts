import { definePlugin, type Plugin } from "@prune/core";
import { variance } from "./variance.ts";

export { variance, type VarianceOptions } from "./variance.ts";

/** What `prune --plugin prune-scorer-variance` loads. */
export const plugin: Plugin = definePlugin({
  name: "prune-scorer-variance",
  contract: 1,
  scorers: {
    variance: {
      summary: "variance of what a unit yields",
      source: "after Polyak and Wolf 2015, IEEE Access 3",
      options: {
        relative: { type: "boolean", default: false, description: "as a fraction of E[y²]" },
      },
      make: (options) => variance(options),
    },
  },
});
