import { defineConfig } from "vitepress";
import { packages } from "../scripts/packages.mjs";

const page = (text: string, link: string) => ({ text, link });

export default defineConfig({
  title: "prune",
  description:
    "Makes trained neural networks smaller, in TypeScript: ONNX and TensorFlow.js, proven before it is written.",
  cleanUrls: true,
  outDir: "dist/site",
  cacheDir: "node_modules/.vitepress",
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      page("Guide", "/guide/install"),
      page("Results", "/results/accuracy"),
      page("Packages", "/packages/core"),
      page("API", "/api/"),
    ],
    sidebar: {
      "/api/": [{ text: "API", items: packages.map((name) => page(`@prune/${name}`, `/api/@prune/${name}/`)) }],
      "/": [
        {
          text: "Start",
          items: [page("Install", "/guide/install"), page("The first prune", "/guide/first-prune")],
        },
        {
          text: "Decide",
          items: [
            page("Choosing a method", "/guide/choosing"),
            page("Targets and widths", "/guide/targets"),
            page("Recovering accuracy", "/guide/recovery"),
            page("Many at once", "/guide/sweep"),
            page("Reading the report", "/guide/report"),
            page("Language models", "/guide/language-models"),
          ],
        },
        {
          text: "Where models run",
          items: [
            page("Large models", "/guide/large-models"),
            page("GPUs", "/guide/gpu"),
            page("Browsers", "/guide/browser"),
            page("TensorFlow.js", "/guide/tfjs"),
          ],
        },
        {
          text: "Further",
          items: [
            page("From TypeScript", "/guide/typescript"),
            page("Plug-ins", "/guide/plugins"),
            page("Troubleshooting", "/guide/troubleshooting"),
            page("Command line", "/guide/command-line"),
          ],
        },
        {
          text: "Results",
          items: [
            page("Accuracy", "/results/accuracy"),
            page("Retraining", "/results/retraining"),
            page("Language models", "/results/language-models"),
            page("Demo", "/results/demo"),
          ],
        },
        {
          text: "Packages",
          collapsed: true,
          items: packages.map((name) => page(`@prune/${name}`, `/packages/${name}`)),
        },
      ],
    },
  },
});
