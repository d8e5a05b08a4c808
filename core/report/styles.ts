/**
 * How a report looks, on screens and on paper.
 *
 * @module
 */

/** Colors that differ between light and dark. Families: fill, line. */
const light = `--page:#fff;--ink:#1b2026;--muted:#5b6570;--line:#e3e7eb;--soft:#f5f7f9;
--train:#1f6fc4;--validation:#c2571a;--steps:#86abd6;--hit:31 111 196;--miss:208 74 20;
--loader:#e3f1fb;--loader-line:#3178a8;--transform:#e6f5ec;--transform-line:#3d8a5f;
--layer:#fdf3dc;--layer-line:#a67c20;--loss:#fbe5e3;--loss-line:#b5483f;
--backward:#f3e8f8;--backward-line:#8450a0;--optimizer:#ebe8f8;--optimizer-line:#5a4fa8;
--metric:#eef0f2;--metric-line:#66707a;`;
const dark = `--page:#14171b;--ink:#e7eaed;--muted:#9aa5b0;--line:#2b3138;--soft:#1c2026;
--train:#5fa8f5;--validation:#f0935a;--steps:#55799f;--hit:74 144 226;--miss:240 120 60;
--loader:#12293a;--loader-line:#5aa5d8;--transform:#13301f;--transform-line:#63b889;
--layer:#33280f;--layer-line:#cfa548;--loss:#381a18;--loss-line:#e0776d;
--backward:#2c1a36;--backward-line:#b783d3;--optimizer:#211d40;--optimizer-line:#9389e6;
--metric:#23282e;--metric-line:#909ba6;`;

const familyRules = ["loader", "transform", "layer", "loss", "backward", "optimizer", "metric"]
  .map((name) =>
    `.box.${name} rect{fill:var(--${name});stroke:var(--${name}-line)}` +
    `.dot.${name}{background:var(--${name}-line)}`
  ).join("\n");

/** The style sheet. */
export const styles = `
:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2.5rem 1.5rem 3rem;max-width:70rem;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;
font-variant-numeric:tabular-nums}
code,.settings td{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.86em}
h1{margin:0;font-size:1.9rem;line-height:1.2;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{margin:0 0 .5rem;font-size:1.15rem}
header p{display:flex;flex-wrap:wrap;gap:.15rem 1.4rem;margin:.5rem 0 0;color:var(--muted)}
header b{color:var(--ink);font-weight:500}
section{margin-top:2.2rem;padding-top:1.6rem;border-top:1px solid var(--line)}
.note{max-width:46rem;margin:.3rem 0 1rem;color:var(--muted)}
small{color:var(--muted);font-size:.86em;font-weight:400}
table{border-collapse:collapse}
th,td{padding:.28rem .7rem;text-align:left;font-weight:400;vertical-align:baseline}
thead th{color:var(--muted);font-size:.87em;white-space:nowrap}
tbody tr{border-top:1px solid var(--line)}
caption{padding:0 0 .5rem;text-align:left;color:var(--muted);font-size:.87em}
.scroll{max-width:100%;overflow-x:auto}
.columns{display:flex;flex-wrap:wrap;align-items:flex-start;gap:2rem}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.5rem;margin:.2rem 0 1rem;color:var(--muted);font-size:.87em}
.legend i{display:inline-block;width:1.3rem;height:3px;margin-right:.45rem;vertical-align:middle;border-radius:2px}
i.train{background:var(--train)}i.validation{background:var(--validation)}i.steps{background:var(--steps)}
.legend i.dot,.dot{display:inline-block;width:.6rem;height:.6rem;margin-right:.45rem;border-radius:50%;vertical-align:baseline}

.result{display:flex;flex-wrap:wrap;align-items:flex-start;gap:2rem 4rem}
.scores td,.scores thead th{padding-left:1.6rem}
.scores td{font-size:1.35rem;font-weight:500}
.scores tbody th{color:var(--muted)}
.scores th:first-child{padding-left:0}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.8rem 2rem;flex:1 1 20rem;margin:0}
dt{color:var(--muted);font-size:.87em}
dd{margin:0}

.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.5rem 2.5rem}
figure{margin:0}
figcaption{font-weight:600}
.plot{display:block;width:100%;max-width:40rem;height:auto}
.plot text{fill:var(--muted)}

.numbers td,.numbers thead th:not(.named){text-align:right;white-space:nowrap}
.columns .numbers{font-size:.93em}
.columns .numbers th,.columns .numbers td{padding:.26rem .5rem}
.matrix{font-size:.93em}
.matrix th,.matrix td{min-width:2.6rem;padding:.3rem .35rem;text-align:right}
.matrix tbody tr{border:0}
.matrix tbody th{padding-right:.6rem;color:var(--muted);white-space:nowrap}
.matrix.long thead th{vertical-align:bottom;text-align:center}
.matrix.long thead span{writing-mode:vertical-rl;transform:rotate(180deg)}
.matrix td{border:1px solid var(--page)}
.hit{background:rgb(var(--hit)/var(--v));font-weight:600}
.miss{background:rgb(var(--miss)/var(--v))}
.none{color:var(--muted);opacity:.5}

.flow{display:block;max-width:100%;height:auto;font-size:11.5px}
.flow text{text-anchor:middle;dominant-baseline:central;fill:var(--muted)}
.box rect{stroke-width:1.2}
.box text{fill:var(--ink);fill-opacity:.8}
.box .name{font-size:13.5px;font-weight:600;fill-opacity:1}
.wire{fill:none;stroke:var(--muted);stroke-width:1.2}
marker path{fill:var(--muted)}
.flow-label rect{fill:var(--page)}
${familyRules}
.settings{font-size:.93em}
.settings span{display:inline-block;margin-right:.8rem;overflow-wrap:anywhere}
.settings b{font-weight:400;color:var(--muted)}
.settings small{display:block;margin-left:1.05rem;white-space:nowrap}
.columns .scroll:has(.settings){flex:1 1 25rem}
.settings th,.settings td{vertical-align:top}

.time{width:100%;max-width:62rem}
.time td:last-child{width:45%}
.bar{display:flex;min-width:8rem}
.bar i{height:.7rem}
footer{margin-top:2.5rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--muted);font-size:.8em;overflow-wrap:anywhere}
footer p{margin:.1rem 0}

@media (max-width:40rem){body{padding:1.5rem 1rem 2rem}.result{gap:1.5rem}.scores td{font-size:1.15rem}
.scores td,.scores thead th{padding-left:1rem}th,td{padding:.25rem .5rem}
.time th:last-child,.time td:last-child{display:none}}
@media print{:root{${light}}body{max-width:none;padding:0;font-size:12px}
section{break-inside:auto}figure,tr,dl,.flow{break-inside:avoid}.charts{grid-template-columns:1fr 1fr}h2{break-after:avoid}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}.scroll{overflow:visible}}
`;
