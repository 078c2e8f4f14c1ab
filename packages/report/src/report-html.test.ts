import { expect, test } from "vitest";
import { node, sample } from "../test/sample.ts";
import { reportHtml } from "./report-html.ts";
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
  const [page, plain] = [reportHtml(sample(evil)), reportHtml(sample("n"))];
  expect(page).not.toMatch(/<img|<\/script|onerror='|\u202E/);
  // As many tags and attributes as with harmless names.
  for (const what of [/<[a-z/!]/gi, /"/g]) expect(count(page, what)).toBe(count(plain, what));
  expect(page).toContain("&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;lt;b&amp;gt;");
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
