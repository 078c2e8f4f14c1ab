export { KINDS, type Kind, scaffold, type ScaffoldOptions } from "./scaffold.ts";
