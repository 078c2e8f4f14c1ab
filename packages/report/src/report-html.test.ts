import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { node, sample, sampleSweep } from "../test/sample.ts";
import { reportHtml } from "./report-html.ts";
import { SWEEP_SCRIPT } from "./sections/sweep-script.ts";
import type { Comparison, FullReport, SensitivityReport } from "./types.ts";

const count = (text: string, what: RegExp): number => [...text.matchAll(what)].length;

test("shows every part of a report, each under a heading that the contents link to", () => {
  const page = reportHtml(sample("n"));
  const titles = [...page.matchAll(/<h2 id="[a-z]+-title">([^<]*)</g)].map((match) => match[1]);
  expect(titles).toEqual([
    "Summary",
    "Architecture",
    "Layers",
    "Blocks",
    "Importance",
    "Accuracy against MACs",
    "Recovery",
    "Left whole",
    "How this was made",
  ]);
  const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]));
  for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  for (const text of ["Nearly as accurate: −0.50 points", "−50.0%", "16 → 8", "0.400 → <b>0.250</b>", "2.00 times as fast", "prune run nmodel --target macs=0.5"]) expect(page).toContain(text); // prettier-ignore
});

test("needs nothing but itself: no script, nothing to load, and a policy that forbids both", () => {
  const page = reportHtml(sample("n"));
  expect(page).toContain(`content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;"`); // prettier-ignore
  expect(page).not.toMatch(/<(script|link|img|iframe|object|embed|base)\b|\s(src|on\w+)=|url\(|@import|https?:/i);
});

test("names that a model brings stay text, wherever they stand", () => {
  const evil = `</script></title></style></svg>"><img src=x onerror='alert(1)'>&lt;b&gt;\u202E`;
  for (const of of [sample, sampleSweep]) {
    const [page, plain] = [evil, "n"].map((name) => reportHtml(of(name)).replace(SWEEP_SCRIPT.text, "")) as [string, string]; // prettier-ignore
    expect(page.replace("<script></script>", "")).not.toMatch(/<img|<\/script|onerror='|\u202E/);
    // As many tags and attributes as with harmless names.
    for (const what of [/<[a-z/!]/gi, /"/g]) expect(count(page, what)).toBe(count(plain, what));
    expect(page).toContain("&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;lt;b&amp;gt;");
  }
});

test("is the same for the same report, also after it has been JSON", () => {
  const report = sample("n");
  expect(reportHtml(JSON.parse(JSON.stringify(report)) as typeof report)).toBe(reportHtml(report));
});

test("claims no more speed than the runs tell apart, and no proof that there is not", () => {
  const { latency, verification, ...rest } = sample("n");
  const alike = { ...latency!, models: [{ median: 2, quartiles: [1, 3] as const }, { median: 1.5, quartiles: [1, 2.5] as const }] }; // prettier-ignore
  expect(reportHtml({ ...rest, latency: alike })).toContain("no faster and no slower, as far as can be told");
  expect(reportHtml(rest)).toContain("Latency was not measured");
  expect(reportHtml(rest)).toContain("Not verified (--no-verify).");
  expect(reportHtml(rest)).toContain("the cut is not proven");
  expect(verification?.exact).toBe(true);
});

test("a comparison shows both models by name, with what only one of them has", () => {
  const { files, before, after, layers, groups, graph, latency } = sample("n");
  const comparison: Comparison = {
    format: "prune-comparison/1",
    files: [files.before, files.after],
    costs: [before, after],
    layers,
    groups,
    graph: graph.map((node) => (node.layer === 1 ? { ...node, removed: true } : node)),
    latency: latency!,
  };
  const page = reportHtml(comparison);
  expect(page).toContain("<h1>nbefore.onnx and nafter.onnx</h1>");
  expect(page).toContain("nafter.onnx does 50% of the multiply-accumulates of nbefore.onnx");
  expect(page).toContain(">removed</tspan>");
});

test("sensitivity shows the most sensitive groups first, by whichever way is better", () => {
  const report: SensitivityReport = {
    format: "prune-sensitivity/1",
    file: { path: "model.onnx", bytes: 1 },
    data: "test.npz",
    samples: 10,
    metric: "loss",
    better: "lower",
    scorer: "l2",
    baseline: 1,
    groups: ["a", "b"].map((id, i) => ({ group: id, kind: "channels", size: 8, points: [{ removed: 4, sparsity: 0.5, value: 2 + i }] })), // prettier-ignore
  };
  const names = (r: SensitivityReport): (string | undefined)[] =>
    [...reportHtml(r).matchAll(/<figcaption><span class="name">(\w+)</g)].map((match) => match[1]);
  expect(names(report)).toEqual(["b", "a"]);
  expect(names({ ...report, metric: "score", better: "higher" })).toEqual(["a", "b"]);
});

test("a network of thousands of operations gives a page of bounded size, and says what is not drawn", () => {
  const report = sample("n");
  const tangle = Array.from({ length: 4500 }, (_, i) => node(`n${i}`, "Conv", [i - 1, i - 2, i - 7].filter((n) => n >= 0), 0)); // prettier-ignore
  const chain = tangle.map((n, i) => ({ ...n, from: i ? [i - 1] : [], layer: i % 2 }));
  const pageOf = (graph: FullReport["graph"]): string => reportHtml({ ...report, graph: [...graph, node("y", "Output", [graph.length - 1])] }); // prettier-ignore
  for (const graph of [tangle, chain]) {
    const page = pageOf(graph);
    expect(page.length).toBeLessThan(2e6);
    expect(count(page, /<rect class="box/g)).toBeLessThanOrEqual(400);
  }
  expect(pageOf(tangle)).toMatch(/43\d\d more operations not drawn\./);
});

test("a sweep shows every job, what is on the front, and why others are not done", () => {
  const page = reportHtml(sampleSweep("n"));
  const titles = [...page.matchAll(/<h2 id="[a-z]+-title">([^<]*)</g)].map((match) => match[1]);
  expect(titles).toEqual(["Accuracy against cost", "Jobs", "How this was made"]);
  for (const text of ["4 of 6 jobs done. 1 failed; the table says why. 1 not run: the sweep was interrupted.", "Best accuracy on ntest.npz: 89.00%", "Failed 3 times: nwhy", "Not run", "Done at try 2", 'href="out/one%20two/report.html"', "nremark"]) expect(page.replaceAll(/\s+/g, " ")).toContain(text); // prettier-ignore
  // Three jobs and the original are on each front; one job is hollow.
  expect(count(page, /class="dot s\d off" data-row/g)).toBe(2);
  expect(count(page, /class="dot s\d" data-row/g)).toBe(6);
  expect(count(page, /data-front="yes"/g)).toBe(3);
});

test("runs one script in a page of a sweep, which its policy names by its hash, and none elsewhere", () => {
  const hash = `sha256-${createHash("sha256").update(SWEEP_SCRIPT.text).digest("base64")}`;
  expect(SWEEP_SCRIPT.hash, `the hash of the script is ${hash}`).toBe(hash);
  const page = reportHtml(sampleSweep("n"));
  expect(page).toContain(`content="default-src &#39;none&#39;; script-src &#39;${hash}&#39;; style-src &#39;unsafe-inline&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;"`); // prettier-ignore
  expect(page).toContain(`<script>${SWEEP_SCRIPT.text}</script>`);
  expect(count(page, /<script/g)).toBe(1);
});

test("jobs that nothing was measured of have no front, and fronts are told apart by data and measure", () => {
  const { jobs, fronts, ...rest } = sampleSweep("n");
  const bare = reportHtml({ ...rest, jobs: jobs.map(({ value: _value, ...job }) => job), fronts: [] });
  expect(bare).not.toContain("against cost");
  const lower = jobs.map((job) => (job.value ? { ...job, value: { ...job.value, measure: "loss", better: "lower" as const } } : job)); // prettier-ignore
  const both = reportHtml({ ...rest, jobs: lower, fronts: [...fronts.map((f) => ({ ...f, measure: "loss", better: "lower" as const })), { ...fronts[0]!, measure: "loss", better: "lower", data: "other.npz" }] }); // prettier-ignore
  expect(count(both, /<section id="front\d*"/g)).toBe(2);
  expect(both.replaceAll(/\s+/g, " ")).toContain("Loss on ntest.npz, of which less is better.");
});
