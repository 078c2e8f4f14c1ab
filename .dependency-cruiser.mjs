// Direction of dependencies: core ← scorers, pruners, backends ← cli, apps.
const tests = "(\\.test\\.ts$|^packages/[^/]+/test/|^apps/[^/]+/test/)";
const npm = ["npm", "npm-dev", "npm-optional", "npm-peer", "npm-bundled", "npm-no-pkg", "npm-unknown"];

/** @type {import("dependency-cruiser").IConfiguration} */
const config = {
  forbidden: [
    {
      name: "no-cycles",
      severity: "error",
      comment: "Two modules that need each other are one module, or hide a third.",
      from: {},
      // A cycle of types alone does no harm at run time.
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-unresolved-imports",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "core-stands-alone",
      severity: "error",
      comment: "@prune/core imports nothing outside itself.",
      from: { path: "^packages/core/src", pathNot: tests },
      to: { pathNot: "^packages/core/src" },
    },
    {
      name: "plugins-know-only-core",
      severity: "error",
      comment: "Scorers, pruners and backends import @prune/core and never each other.",
      from: { path: "^packages/((?:scorer|pruner|backend)-[^/]+|autodiff)/", pathNot: tests },
      to: { path: "^(packages|apps)/", pathNot: "^packages/(core|$1)/" },
    },
    {
      name: "recovery-knows-core-and-autodiff",
      severity: "error",
      from: { path: "^packages/recovery/", pathNot: tests },
      to: { path: "^(packages|apps)/", pathNot: "^packages/(core|autodiff|recovery)/" },
    },
    {
      name: "report-knows-core",
      severity: "error",
      from: { path: "^packages/report/", pathNot: tests },
      to: { path: "^(packages|apps)/", pathNot: "^packages/(core|report)/" },
    },
    {
      name: "sweep-knows-core",
      severity: "error",
      from: { path: "^packages/sweep/", pathNot: tests },
      to: { path: "^(packages|apps)/", pathNot: "^packages/(core|sweep)/" },
    },
    {
      name: "queues-know-core-and-sweep",
      severity: "error",
      from: { path: "^packages/(sweep-[^/]+)/", pathNot: tests },
      to: { path: "^(packages|apps)/", pathNot: "^packages/(core|sweep|$1)/" },
    },
    {
      name: "nobody-imports-apps-or-the-cli",
      severity: "error",
      from: { path: "^packages/", pathNot: "^packages/cli/" },
      to: { path: "^(apps|packages/cli)/" },
    },
    {
      name: "portable-code-has-no-node",
      severity: "error",
      comment:
        "Code for Node alone lives under a package's src/node, which is an entry of its own; queues of sweeps are for Node.",
      from: { path: "^packages/(?!cli/|create-prune-plugin/|sweep-)[^/]+/src/(?!node/)", pathNot: tests },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "portable-code-does-not-reach-into-node-entries",
      severity: "error",
      from: { path: "^packages/(?!cli/|create-prune-plugin/)[^/]+/src/(?!node/)", pathNot: tests },
      to: { path: "^packages/[^/]+/src/node/" },
    },
    {
      name: "plugins-have-no-npm-dependencies",
      severity: "error",
      comment: "Scorers and pruners need @prune/core and nothing else.",
      from: { path: "^packages/(?:(?:scorer|pruner)-[^/]+|autodiff|recovery)/", pathNot: tests },
      to: { dependencyTypes: npm, pathNot: "^packages/" },
    },
    {
      name: "backends-import-only-their-runtime",
      severity: "error",
      from: { path: "^packages/backend-[^/]+/src", pathNot: tests },
      to: {
        dependencyTypes: npm,
        pathNot: "^packages/|node_modules/(onnxruntime-(node|web|common)|@tensorflow)/",
      },
    },
    {
      name: "onnxruntime-node-only-in-node-entries",
      severity: "error",
      from: { path: "^packages/backend-[^/]+/src/(?!node/)", pathNot: tests },
      to: { path: "node_modules/onnxruntime-node/" },
    },
    {
      name: "no-imports-of-tests",
      severity: "error",
      from: { pathNot: tests },
      to: { path: tests },
    },
  ],
  options: {
    doNotFollow: { path: ["node_modules"] },
    // The tarball scripts run elsewhere, against installed packages.
    exclude: { path: ["^(packages|apps)/.+/dist/", "\\?url$", "/\\.turbo/", "^scripts/tarball-"] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.test.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@prune/source", "types", "import", "node", "default"],
      extensions: [".ts", ".mjs", ".js", ".d.ts", ".json"],
    },
  },
};

export default config;
