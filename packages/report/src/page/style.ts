import { Markup } from "./markup.ts";

const LIGHT = [
  "--paper:#f6f7f9;--card:#fff;--ink:#1b1f24;--soft:#545c66;--rule:#d5dae0;--line:#8a939e",
  "--accent:#1f5fbf;--was:#c3d3ea;--gone:#c9ced5;--goneline:#69727d;--cut:#a3240f",
  "--good:#136b3c;--fair:#855000;--poor:#b0222c;--goodpaper:#e9f6ee;--fairpaper:#fdf3e0;--poorpaper:#fdecec",
  "--c0:#2563c9;--c1:#b65300;--c2:#1a7f4b;--c3:#7a4bd6;--c4:#c02f38;--c5:#0b7482;--c6:#77650a;--c7:#b0348a",
].join(";");

const DARK = [
  "--paper:#101317;--card:#191d23;--ink:#e7eaee;--soft:#a9b2bd;--rule:#343b44;--line:#77818d",
  "--accent:#74abff;--was:#33476a;--gone:#3d444d;--goneline:#98a2ae;--cut:#ff9d8a",
  "--good:#6fd79c;--fair:#f2bd62;--poor:#ff9494;--goodpaper:#142a1e;--fairpaper:#2e2410;--poorpaper:#331a1c",
  "--c0:#6ea8fe;--c1:#f0a05a;--c2:#56c28a;--c3:#b99bff;--c4:#ff8a8a;--c5:#4cc4d4;--c6:#d1bd4a;--c7:#f08acb",
].join(";");

const classes = (count: number, rule: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => rule(i)).join("\n");

const CSS = `
:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
html{background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:72rem;padding:1.5rem 1.25rem 4rem}
h1,h2,h3{line-height:1.2;margin:0 0 .5rem;overflow-wrap:anywhere}
h1{font-size:1.75rem}
h2{font-size:1.25rem;margin-top:2.75rem;padding-top:1rem;border-top:1px solid var(--rule)}
h3{font-size:1rem;margin-top:1.5rem}
p{margin:.5rem 0;max-width:46rem;overflow-wrap:anywhere}
a{color:var(--accent)}
a:focus-visible,summary:focus-visible,button:focus-visible,select:focus-visible,input:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
main:focus{outline:none}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem;z-index:1}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.kind{margin:0;color:var(--soft);font-size:.875rem;letter-spacing:.02em}
.note,.about{color:var(--soft);font-size:.875rem}
.name{overflow-wrap:anywhere;font-weight:600}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:.25rem 0 1.25rem;padding:0;font-size:.9375rem}
nav a{display:inline-block;padding:.125rem 0}

.verdict{border:1px solid var(--rule);border-left:6px solid;border-radius:6px;padding:.75rem 1.125rem;margin:0 0 1rem}
.verdict p{margin:.25rem 0;max-width:none}
.verdict .head{font-size:1.125rem;font-weight:650}
.good{border-left-color:var(--good);background:var(--goodpaper)}
.fair{border-left-color:var(--fair);background:var(--fairpaper)}
.poor{border-left-color:var(--poor);background:var(--poorpaper)}
.good .head{color:var(--good)}
.fair .head{color:var(--fair)}
.poor .head{color:var(--poor)}
.sign{display:inline-block;width:1.25em}

.tiles{list-style:none;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.75rem;margin:1rem 0}
.tile{background:var(--card);border:1px solid var(--rule);border-radius:6px;padding:.75rem .875rem;display:flex;flex-direction:column}
.tile b{font-size:.8125rem;font-weight:600;color:var(--soft)}
.tile .now{font-size:1.375rem;font-weight:650;line-height:1.3;font-variant-numeric:tabular-nums}
.tile span.was,.tile .by{font-size:.8125rem;color:var(--soft);font-variant-numeric:tabular-nums}
.tile .by{font-weight:600;color:var(--ink)}
.two{display:block;margin-top:.375rem}
.two i{display:block;height:5px;border-radius:1px;min-width:1px}
.two i+i{margin-top:2px}
i.was{background:var(--was)}
i.is{background:var(--accent)}
i.gone{background:var(--gone);outline:1px solid var(--goneline);outline-offset:-1px}
.one{min-width:8rem}

.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:.9375rem;background:var(--card)}
th,td{text-align:left;padding:.375rem .75rem;border-bottom:1px solid var(--rule);vertical-align:top;font-variant-numeric:tabular-nums}
thead th{font-size:.8125rem;color:var(--soft);white-space:nowrap}
tbody th{font-weight:600;overflow-wrap:anywhere;min-width:6rem}
details{margin:.5rem 0}
summary{cursor:pointer;font-size:.875rem;color:var(--soft);width:fit-content;padding:.125rem 0}
details[open]>summary{margin-bottom:.375rem}

.layers{width:100%;table-layout:fixed}
.layers th:first-child{width:30%}
.layers tbody th{font-size:.875rem}
.layers .about{display:block;font-weight:400;font-size:.8125rem}
.layers .figures{font-size:.875rem}
.tag{white-space:nowrap;margin-left:.375rem}
.swatch{display:inline-block;width:.75em;height:.75em;border-radius:2px;margin-right:.375em}

.parts{list-style:none;margin:1rem 0;padding:0;display:flex;flex-wrap:wrap;gap:.75rem;align-items:flex-start}
.card{background:var(--card);border:1px solid var(--rule);border-radius:6px;padding:.5rem .625rem;max-width:100%}
.card .head{margin:0 0 .25rem;font-size:.8125rem;font-weight:600;color:var(--soft);overflow-wrap:anywhere}
.times{color:var(--ink)}
.card .note{margin:.25rem 0 0;font-size:.8125rem}
svg{display:block;font:12px/1 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:var(--ink)}
svg text{fill:var(--ink)}
svg.part{margin:auto}
svg .box{fill:var(--card);stroke:var(--line)}
svg .plain{fill:var(--paper)}
svg .removed{stroke-dasharray:4 3;fill:var(--gone);fill-opacity:.35}
svg .track{fill:var(--gone)}
svg .whole{fill:var(--goneline)}
svg text.op{font-weight:600}
svg text.tag{fill:var(--soft)}
svg text.width{font-size:11.5px}
svg .strong{font-weight:700}
svg text.follows{font-size:10.5px;fill:var(--soft)}
svg .edge{fill:none;stroke:var(--line);stroke-width:1.25}
svg .entry{fill:var(--line)}
${classes(8, (i) => `svg .c${i}{fill:var(--c${i})} .swatch.c${i}{background:var(--c${i})}`)}

.chart{width:100%;height:auto;overflow:visible}
.chart text,.legend{font-size:12px}
.chart .grid{stroke:var(--rule)}
.chart .axis,.chart .tick{stroke:var(--line)}
.chart text.label{fill:var(--soft)}
.chart .kept{fill:var(--accent)}
.chart .gone{fill:var(--gone);stroke:var(--goneline)}
.chart .cut{stroke:var(--cut);stroke-width:2;stroke-dasharray:5 3}
svg .curve{fill:none;stroke-width:2}
${classes(6, (i) => `svg .curve.s${i}{stroke:var(--c${i})} svg .dot.s${i}{fill:var(--c${i})}`)}
svg .dot.off{fill:var(--card);stroke-width:1.5}
${classes(6, (i) => `svg .dot.off.s${i}{stroke:var(--c${i})}`)}
svg .front{fill:none;stroke:var(--ink);stroke-width:1.5;stroke-dasharray:3 3}
svg .original{fill:none;stroke:var(--ink);stroke-width:2}
.filters{display:flex;flex-wrap:wrap;gap:.5rem 1.25rem;align-items:center;margin:1rem 0;font-size:.9375rem}
.filters[hidden]{display:none}
.filters label{max-width:100%}
.filters select{width:auto;max-width:16rem}
.filters select,.jobs button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:4px;padding:.125rem .375rem}
.jobs button{border:0;padding:0;font-weight:600;cursor:pointer;text-align:left;background:none}
.jobs [aria-sort] button::after{content:" ↕";color:var(--soft)}
.jobs [aria-sort=ascending] button::after{content:" ↑";color:var(--ink)}
.jobs [aria-sort=descending] button::after{content:" ↓";color:var(--ink)}
.jobs td{white-space:nowrap}
.jobs tbody th{min-width:11rem}
.jobs .about{display:block;font-weight:400;max-width:30rem}
.on{font-weight:650}
.key{padding:0 .375em;border-radius:3px}
.key.kept{background:var(--accent);color:var(--card)}
.key.gone{background:var(--gone);box-shadow:inset 0 0 0 1px var(--goneline)}
.legend{list-style:none;margin:.25rem 0;padding:0;display:flex;flex-wrap:wrap;gap:.25rem 1rem}
.legend li{min-width:0;display:flex;align-items:center;gap:.375rem}
.legend .name{font-weight:400}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,19rem),1fr));gap:.75rem;margin:1rem 0}
.grid.wider{grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr))}
svg .grid{display:inline}
figure{margin:0;background:var(--card);border:1px solid var(--rule);border-radius:6px;padding:.75rem;min-width:0}
figure.wide{max-width:34rem;margin:1rem 0}
figcaption{font-size:.875rem;margin-bottom:.375rem}
.reasons,.names{padding-left:1.25rem}
.names{font-size:.875rem;columns:18rem;margin:.25rem 0 1rem}
.names .name{font-weight:400}
.reason{font-weight:600}
dl{margin:0;font-size:.9375rem;display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr));gap:0 2rem}
dl div{display:flex;flex-wrap:wrap;gap:0 1rem;padding:.25rem 0;border-bottom:1px solid var(--rule)}
dt{color:var(--soft);width:9rem;flex:none}
dd{margin:0;overflow-wrap:anywhere;min-width:0;flex:1}
pre{background:var(--card);border:1px solid var(--rule);border-radius:6px;padding:.75rem;margin:.5rem 0;white-space:pre-wrap;overflow-wrap:anywhere}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.875rem;overflow-wrap:anywhere}

@media (max-width:44rem){
body{padding:1rem .875rem 3rem}
h1{font-size:1.375rem}
.tiles{grid-template-columns:1fr 1fr}
.layers thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.layers,.layers tbody{display:block}
.layers tr{display:grid;grid-template-columns:1fr 1fr;border-bottom:1px solid var(--rule);padding:.5rem 0}
.layers th,.layers td{border:0;padding:.25rem .5rem}
.layers tbody th,.layers th:first-child{grid-column:1/-1;width:auto}
.layers td::before{content:attr(data-title);display:block;font-size:.8125rem;color:var(--soft)}
dt{width:100%}
.chart text{font-size:13.5px}
}
@media print{
:root{${LIGHT};--paper:#fff}
html{font-size:12px}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{max-width:none;padding:0}
nav,.skip,.filters{display:none}
.scroll{overflow:visible}
figure,.card,.tile,tr,.verdict{break-inside:avoid}
h2,figcaption{break-after:avoid}
svg.part{max-width:100%;height:auto}
}
`;

/** How the page looks. */
export const STYLE: Markup = new Markup(`<style>${CSS}</style>`);
