// Keeps what every package exports as text in api/, so that a change of it shows in reviews.
//
//   node scripts/api-reports.mjs           writes the reports from the built declarations
//   node scripts/api-reports.mjs --check   fails when one is out of date
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const check = process.argv.includes("--check");
const folder = join(root, "api");
mkdirSync(folder, { recursive: true });

/** Entries of a package that have declarations: name of the report → file. */
function entriesOf(name) {
  const { exports = {} } = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
  const entries = new Map();
  const visit = (path, value) => {
    if (!value || typeof value !== "object") return;
    if (typeof value.types === "string") {
      const entry = /^\.\/dist\/(.*?)\/?index\.d\.ts$/.exec(value.types)?.[1] || path.replace(/^\.\/?/, "");
      entries.set([name, ...(entry ? [entry] : [])].join("-"), join(root, "packages", name, value.types));
    }
    for (const inner of Object.values(value)) visit(path, inner);
  };
  for (const [path, value] of Object.entries(exports)) visit(path, value);
  return entries;
}

const outdated = [];
for (const name of readdirSync(join(root, "packages")).sort()) {
  if (!existsSync(join(root, "packages", name, "package.json"))) continue;
  for (const [report, file] of entriesOf(name)) {
    const config = ExtractorConfig.prepare({
      packageJsonFullPath: join(root, "packages", name, "package.json"),
      configObjectFullPath: undefined,
      configObject: {
        projectFolder: join(root, "packages", name),
        mainEntryPointFilePath: file,
        compiler: {
          overrideTsconfig: {
            compilerOptions: {
              target: "ES2023",
              lib: ["ES2023", "DOM"],
              module: "NodeNext",
              moduleResolution: "NodeNext",
              skipLibCheck: true,
              strict: true,
              types: ["node"],
            },
            files: [file],
          },
        },
        newlineKind: "lf",
        apiReport: {
          enabled: true,
          reportFileName: `${report}.api.md`,
          reportFolder: folder,
          reportTempFolder: join(root, "node_modules/.cache/api"),
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        messages: {
          compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
          extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
          tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        },
      },
    });
    const result = Extractor.invoke(config, {
      localBuild: !check,
      messageCallback: (message) => {
        // Which compiler analyses is not news.
        if (message.messageId.startsWith("console-")) message.handled = true;
      },
    });
    if (result.errorCount) throw new Error(`${report}: the declarations have errors`);
    if (result.apiReportChanged && check) outdated.push(report);
  }
}
if (outdated.length) {
  console.error(`Out of date: ${outdated.join(", ")}. If the change is meant, run \`node scripts/api-reports.mjs\`.`);
  process.exitCode = 1;
} else console.log(check ? "All reports are up to date." : `Written to ${folder}.`);
