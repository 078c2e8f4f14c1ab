import { fileURLToPath } from "node:url";

/** A file of a package that ships a model. */
export const shipped = (path: string): string => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));

/** A model of @vladmandic/human. */
export const human = (name: string): string => shipped(`@vladmandic/human/models/${name}.json`);
