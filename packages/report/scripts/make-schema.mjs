// Writes schema.json, the JSON schema of all reports, from the types in src/types.ts, and src/schema.gen.ts, which holds
// of it what reports are checked by; with --check, only says whether they are what would be written.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { createGenerator } from "ts-json-schema-generator";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const schema = createGenerator({
  path: at("src/types.ts"),
  tsconfig: at("tsconfig.json"),
  type: "AnyReport",
  // A newer version may say more.
  additionalProperties: true,
  skipTypeCheck: true,
}).createSchema("AnyReport");
const bare = JSON.stringify(schema.definitions, (key, value) =>
  key === "description" || key === "title" ? undefined : value,
);
const module = `// Made by scripts/make-schema.mjs; do not edit.
import type { Schema } from "./check-schema.ts";

export const definitions: Readonly<Record<string, Schema>> = ${bare};`;

await write("schema.json", "json", JSON.stringify({ title: "Reports of prune", ...schema }));
await write("src/schema.gen.ts", "typescript", module);

async function write(name, parser, content) {
  const text = await format(content, { ...(await resolveConfig(at(name))), parser });
  if (!process.argv.includes("--check")) writeFileSync(at(name), text);
  else if (readFileSync(at(name), "utf8") !== text) {
    console.error(`packages/report/${name} is not what the types say: run \`pnpm gen\`.`);
    process.exitCode = 1;
  }
}
