import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../", import.meta.url));

const manifest = (name) => JSON.parse(readFileSync(`${root}packages/${name}/package.json`, "utf8"));

/** Folders of the published packages, core first. */
export const packages = readdirSync(`${root}packages`)
  .filter((name) => !manifest(name).private)
  .sort((a, b) => Number(b === "core") - Number(a === "core") || a.localeCompare(b));
