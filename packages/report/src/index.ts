export { parseReport } from "./parse-report.ts";
export { reportHtml } from "./report-html.ts";
export type * from "./types.ts";
