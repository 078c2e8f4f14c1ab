import { basename } from "./page/basename.ts";
import { type Content, html } from "./page/markup.ts";
import { page, type Script } from "./page/page.ts";
import type { Section } from "./page/section.ts";
import { accuracyCurve } from "./sections/accuracy-curve.ts";
import { architecture } from "./sections/architecture.ts";
import { blocked } from "./sections/blocked.ts";
import { blocks } from "./sections/blocks.ts";
import { environment } from "./sections/environment.ts";
import { importance } from "./sections/importance.ts";
import { layerBars } from "./sections/layers.ts";
import { pairOf } from "./sections/pair.ts";
import { recovery } from "./sections/recovery.ts";
import { sensitivitySections } from "./sections/sensitivity.ts";
import { summary } from "./sections/summary.ts";
import { sweepFronts } from "./sections/sweep-fronts.ts";
import { sweepJobs } from "./sections/sweep-jobs.ts";
import { SWEEP_SCRIPT } from "./sections/sweep-script.ts";
import { sweepSummary } from "./sections/sweep-summary.ts";
import { verdict } from "./sections/verdict.ts";
import { plural } from "./text/format.ts";
import { signatureLines } from "./text/signature.ts";
import type { AnyReport, Comparison, FullReport, SensitivityReport, SweepReport } from "./types.ts";

/**
 * A report as one HTML page that needs nothing else: no network and, but for sorting and filtering the jobs of a sweep,
 * no script. It is made from the JSON alone, so that the same report gives the same page.
 */
export function reportHtml(report: AnyReport): string {
  return page(partsOf(report));
}

interface Page {
  readonly kind: string;
  readonly title: string;
  readonly lead: Content;
  readonly sections: readonly Section[];
  readonly script?: Script;
}

function partsOf(report: AnyReport): Page {
  if (report.format === "prune-comparison/1") return ofComparison(report);
  if (report.format === "prune-sensitivity/1") return ofSensitivity(report);
  return report.format === "prune-sweep/1" ? ofSweep(report) : ofRun(report);
}

function ofRun(report: FullReport): Page {
  const { files, layers, groups, graph, settings, notes, remarks = [] } = report;
  const said = [...(notes?.summary ?? []), ...signatureLines(report), ...remarks];
  const optional: (Section | false | undefined)[] = [
    blocks(report),
    report.importance && importance(report.importance, settings?.scorer, report.steps?.length ?? 1),
    accuracyCurve(report),
    report.recovery && recovery(report.recovery),
    report.blocked.length > 0 && blocked(report.blocked),
  ];
  return {
    kind: "Pruning report",
    title: basename(files.before.path),
    lead: html`${verdict(report)}${said.map((text) => html`<p class="note">${text}</p>`)}`,
    sections: [
      summary(pairOf(report)),
      architecture(graph, layers, groups),
      layerBars(layers, groups),
      ...optional.filter((section) => typeof section === "object"),
      environment(report, [files.before, files.after]),
    ],
  };
}

function ofComparison(report: Comparison): Page {
  const { files, layers, groups, graph } = report;
  const pair = pairOf(report);
  return {
    kind: "Comparison",
    title: pair.names.join(" and "),
    lead: verdict(report),
    sections: [
      summary(pair),
      architecture(graph, layers, groups),
      layerBars(layers, groups),
      environment(report, files),
    ],
  };
}

function ofSensitivity(report: SensitivityReport): Page {
  const { file, data, samples, metric, scorer } = report;
  return {
    kind: "Sensitivity",
    title: basename(file.path),
    lead: html`<p>
      What ${metric} becomes${data !== undefined && `, on ${plural(samples ?? 0, "sample")} of ${basename(data)},`} when
      units are removed, the least important ones by ${scorer} first.
    </p>`,
    sections: [...sensitivitySections(report), environment(report, [file])],
  };
}

function ofSweep(report: SweepReport): Page {
  return {
    kind: "Sweep",
    title: report.name,
    lead: sweepSummary(report),
    sections: [...sweepFronts(report), sweepJobs(report), environment(report, [])],
    script: SWEEP_SCRIPT,
  };
}
