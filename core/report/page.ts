/**
 * The page of a report: its sections in order.
 *
 * @module
 */
import config from "../../deno.json" with { type: "json" };
import type { StageDescription } from "../check/mod.ts";
import type { Analysis } from "./analysis.ts";
import { curvesSection } from "./curves.ts";
import { flowFigure } from "./flow.ts";
import { formatMoment } from "./format.ts";
import { invalidSection } from "./invalid.ts";
import type { Libraries } from "./libraries.ts";
import { legend, Markup, markup } from "./markup.ts";
import type { History, RunRecord } from "./record.ts";
import { confusionSection, resultSection, settingsTable, timeSection } from "./sections.ts";
import { styles } from "./styles.ts";
import { tablesSection } from "./tables.ts";

/** What a page is made of. */
export interface PageContent {
  readonly record: RunRecord;
  readonly history: History;
  /** Absent where the pipeline of the run is not known. */
  readonly analysis: Analysis | undefined;
  readonly libraries: Libraries;
}

/** Puts a report together. */
export function page({ record, history, analysis, libraries }: PageContent): Markup {
  const { pipeline } = record;
  const losses = pipeline.stages.filter(({ family }) => family === "loss");
  const parts = losses.flatMap(({ inputs }) => Object.values(inputs));
  const trained = pipeline.stages.filter(({ family }) => family === "backward")
    .flatMap(({ inputs }) => Object.values(inputs));
  const finalLosses = losses.filter(({ name }) =>
    trained.length > 0 ? trained.includes(`${name}.output`) : !parts.includes(`${name}.output`)
  );
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Millrace ${config.version}">
<title>${pipeline.name} – Millrace report</title>
<style>${new Markup(styles)}</style>
</head>
<body>
${header(record, history)}
${resultSection(record, history)}
${
    curvesSection(history, {
      losses: losses.map(({ name }) => name),
      finalLosses: finalLosses.map(({ name }) => name),
      libraries,
    })
  }
${analysis?.confusion ? confusionSection(analysis.confusion) : null}
${tablesSection(record, analysis?.confusion ?? null)}
${invalidSection(record, history)}
<section>
<h2>Pipeline</h2>
${families(pipeline.stages)}
<div class="columns">
<div class="scroll">${flowFigure(pipeline, { ports: analysis?.ports ?? {}, libraries })}</div>
${settingsTable(pipeline)}
</div>
</section>
${analysis?.time ? timeSection(analysis.time, record) : null}
${footer(record)}
</body>
</html>
`;
}

function header(
  { pipeline, device, threads, versions }: RunRecord,
  { started }: History,
): Markup {
  const facts = [
    ["device", device],
    ["threads", String(threads)],
    ["seed", String(pipeline.run.seed)],
    ["date", started === undefined ? undefined : formatMoment(started)],
    ["Millrace", config.version],
    ["Deno", versions.deno],
  ];
  return markup`<header>
<h1>${pipeline.name}</h1>
<p>${
    facts.map(([name, value]) =>
      value === undefined ? null : markup`<span>${name} <b>${value}</b></span>`
    )
  }</p>
</header>`;
}

/** The families that occur, with their colors. */
function families(stages: readonly StageDescription[]): Markup {
  const names = [...new Set(stages.map(({ family }) => family))];
  return legend(names.map((name) => [`dot ${name}`, name]));
}

function footer({ data }: RunRecord): Markup | undefined {
  const hashes = Object.entries(data);
  if (hashes.length === 0) return undefined;
  return markup`<footer>${
    hashes.map(([loader, hash]) => markup`<p>data of ${loader}: <code>${hash}</code></p>`)
  }</footer>`;
}
