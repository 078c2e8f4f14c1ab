// Writes schema.json, the JSON schema of all reports, from the types in src/types.ts; with --check, only says whether it
// is what would be written.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { createGenerator } from "ts-json-schema-generator";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const target = at("schema.json");

const schema = createGenerator({
  path: at("src/types.ts"),
  tsconfig: at("tsconfig.json"),
  type: "AnyReport",
  // A newer version may say more.
  additionalProperties: true,
  skipTypeCheck: true,
}).createSchema("AnyReport");
const text = await format(JSON.stringify({ title: "Reports of prune", ...schema }), {
  ...(await resolveConfig(target)),
  parser: "json",
});

if (!process.argv.includes("--check")) writeFileSync(target, text);
else if (readFileSync(target, "utf8") !== text) {
  console.error("packages/report/schema.json is not what the types say: run `pnpm gen`.");
  process.exitCode = 1;
}
