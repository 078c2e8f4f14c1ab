import { html, type Content } from "../page/markup.ts";
import type { Section } from "../page/section.ts";
import { plural } from "../text/format.ts";
import type { AnyReport, FileReport } from "../types.ts";

/** The command, what it was asked for, and where it ran. */
export function environment(report: AnyReport, files: readonly FileReport[]): Section {
  const { environment: env } = report;
  const settings: readonly (readonly [string, unknown])[] =
    report.format === "prune-report/1" ? Object.entries(report.settings ?? {}) : [];
  const { latency } = { latency: undefined, ...report };
  const provider = latency?.provider ?? (report.format === "prune-report/1" ? report.provider : undefined);
  const facts: (readonly [string, Content])[] = [
    ...(env
      ? ([
          ...Object.entries(env.versions),
          ["Platform", env.platform],
          ["Processor", `${env.cpu}, ${plural(env.cores, "core")}`],
        ] as const)
      : []),
    ...(provider === undefined ? [] : [["Execution provider", provider] as const]),
    ...(latency ? [["Threads", latency.threads] as const] : []),
    ...files.flatMap(({ path, sha256 }) => [["File", path] as const, ...(sha256 === undefined ? [] : [["SHA-256", html`<code>${sha256}</code>`] as const])]), // prettier-ignore
    ...settings.map(([name, value]) => [name, typeof value === "object" && value !== null ? Object.entries(value).map(([k, v]) => `${k}=${String(v)}`).join(", ") : String(value)] as const), // prettier-ignore
  ];
  const command = env && html`<h3>Command</h3><pre class="scroll" role="group" tabindex="0" aria-label="Command"><code>prune ${env.command.map(quoted).join(" ")}</code></pre>`; // prettier-ignore
  const body = html`${command}
    <h3>Settings and machine</h3>
    <dl>
      ${facts.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>`;
  return { id: "environment", title: "How this was made", body };
}

/** An argument as a shell takes it. */
const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
