/**
 * The tables of a report: result, confusion, settings, time of a step.
 *
 * @module
 */
import { formatAmount, formatCount, formatRate } from "../format.ts";
import type { PipelineDescription, StageDescription } from "../check/mod.ts";
import type { StepProfile } from "../execute/mod.ts";
import { accuracyOf, type Confusion, measureClasses, sum, worstMistakes } from "./confusion.ts";
import { scoreText, secondsText, shareText } from "./format.ts";
import { legend, type Markup, markup, type Part, table } from "./markup.ts";
import { matrixTable, mostMatrixNames } from "./matrix.ts";
import type { History, RunRecord } from "./record.ts";

/** Rows of the table of classes; of more, the worst are shown. */
const mostClassRows = 60;
const mistakesShown = 10;
/** Rows of the table of times; what is left is added up. */
const mostTimeRows = 14;
/** Letters of a value in the table of settings. */
const longestValue = 160;

/** Scores of every split, and what the run was. */
export function resultSection(
  { results, limit }: RunRecord,
  { rows, resumedAfter }: History,
): Markup {
  if (results === undefined) {
    return markup`<section><p class="note">The run has not ended: there is no result.</p></section>`;
  }
  const { train, validation, test } = results.metrics;
  const splits = Object.entries({ training: train, validation, test })
    .flatMap(([split, scores]) => scores === undefined ? [] : [{ split, scores }]);
  const names = [...new Set(splits.flatMap(({ scores }) => Object.keys(scores)))];
  const facts: readonly (readonly [name: string, value: string, note?: string])[] = [
    ["parameters", formatCount(results.parameters)],
    ["training rows", formatCount(rows), limit === null ? "" : "limited"],
    ["epochs", formatCount(results.epochs), results.stopped ? "stopped" : ""],
    ["steps", formatCount(results.steps)],
    [
      "training time",
      secondsText(results.seconds),
      resumedAfter > 0 ? `after step ${formatCount(resumedAfter)}` : "",
    ],
    ["speed", `${formatRate(results.samplesPerSecond)} samples/s`],
    ["time to first step", secondsText(results.secondsToFirstStep)],
  ];
  return markup`<section class="result">
${
    table({
      look: "numbers scores",
      head: ["", ...splits.map(({ split }) => split)],
      rows: names.map((name) => [name, ...splits.map(({ scores }) => scoreText(scores[name]))]),
    })
  }
<dl>
${
    facts.map(([name, value, note = ""]) =>
      markup`<div><dt>${name}</dt><dd>${value} <small>${note}</small></dd></div>\n`
    )
  }</dl>
</section>`;
}

/** The confusion matrix, what follows for each class, and the commonest mistakes. */
export function confusionSection(confusion: Confusion): Markup {
  const { names, scores, rows } = confusion;
  const accuracy = accuracyOf(confusion);
  return markup`<section>
<h2>Confusion</h2>
<p class="note">Of ${formatCount(rows)} test rows, ${formatCount(accuracy * rows)} (${
    shareText(accuracy)
  }) have their highest score in <code>${scores}</code> for their own class.</p>
<div class="columns">
${
    names.length <= mostMatrixNames
      ? matrixTable({
        caption: "Rows by true class (down) and predicted class (across)",
        rows: names,
        columns: names,
        values: confusion.counts,
        titleOf: (row, column) => `${row} taken for ${column}`,
      })
      : null
  }
${classTable(confusion)}
${mistakesTable(confusion)}
</div>
</section>`;
}

function classTable(confusion: Confusion): Markup {
  const measures = measureClasses(confusion);
  const all = measures.length <= mostClassRows;
  const shown = all ? measures : measures.toSorted((a, b) => a.f1 - b.f1).slice(0, mostClassRows);
  const share = (value: number) => Number.isFinite(value) ? value.toFixed(3) : "–";
  return table({
    look: "numbers",
    caption: all ? "Classes" : `The ${mostClassRows} of ${measures.length} classes with least F1`,
    head: ["class", "rows", "precision", "recall", "F1"],
    rows: shown.map(({ name, rows, precision, recall, f1 }) => [
      name,
      formatCount(rows),
      ...[precision, recall, f1].map(share),
    ]),
  });
}

function mistakesTable(confusion: Confusion): Markup | undefined {
  const mistakes = worstMistakes(confusion, mistakesShown);
  if (mistakes.length === 0) return undefined;
  return table({
    look: "numbers",
    caption: "Most confused",
    head: ["true", "taken for", "rows", "of class"],
    rows: mistakes.map(({ truth, predicted, rows, share }) => [
      truth,
      predicted,
      formatCount(rows),
      shareText(share),
    ]),
    named: 2,
  });
}

/** The resolved configuration of the run and of every stage. */
export function settingsTable({ run, stages }: PipelineDescription): Markup {
  return table({
    look: "settings",
    head: ["stage", "configuration"],
    rows: [["run", settings(run)], ...stages.flatMap((stage) => stageRows(stage, 0))],
  });
}

function stageRows(stage: StageDescription, depth: number): Part[][] {
  const { name, kind, family, config, children = [] } = stage;
  const below = kind === name ? null : markup`<small>${kind}</small>`;
  return [
    [
      markup`<div style="margin-left:${
        depth * 1.1
      }rem"><i class="dot ${family}"></i>${name}${below}</div>`,
      settings(config),
    ],
    ...children.flatMap((child) => stageRows(child, depth + 1)),
  ];
}

function settings(config: unknown): Part {
  if (typeof config !== "object" || config === null) return null;
  return Object.entries(config).filter(([, value]) => value !== undefined).map(([name, value]) =>
    markup`<span><b>${name}</b> ${settingText(value)}</span> `
  );
}

function settingText(value: unknown): string {
  const text = typeof value === "string"
    ? value
    : typeof value === "number"
    ? String(Number(value.toPrecision(6)))
    : JSON.stringify(value) ?? String(value);
  return text.length <= longestValue ? text : `${text.slice(0, longestValue - 1)}…`;
}

/** Where the time of a training step goes. */
export function timeSection(step: StepProfile, record: RunRecord): Markup {
  return markup`<section>
<h2>Time of a step</h2>
<p class="note">${
    timeNote(step, record)
  } Where one kernel does the work of several stages, they stand together.</p>
${timeTable(step)}
</section>`;
}

/** How the times were measured. */
function timeNote(
  { batchSize, steps, threads, seconds, predicted }: StepProfile,
  { results }: RunRecord,
): string {
  const inTraining = batchSize / (results?.samplesPerSecond ?? NaN);
  const when = results?.profile === undefined ? "after training" : "while it trained";
  const on = threads === 1 ? "" : ` on ${threads} threads`;
  return `Measured ${when}, over ${formatAmount(steps, "step")} of ` +
    `${formatAmount(batchSize, "row")}${on}; these are the medians. ` +
    `The step took ${secondsText(seconds)}` +
    (predicted === null
      ? "."
      : `; its kernels would take ${secondsText(predicted)} at this machine's limits.`) +
    (Number.isFinite(inTraining)
      ? ` In training a step took ${
        secondsText(inTraining)
      } on average, feeding it and reading its scores included.`
      : "");
}

function timeTable({ threads, feeding, waiting, stages }: StepProfile): Markup {
  const all = [
    ...stages.map(({ paths, forward, backward }) => ({
      name: paths.join(" + "),
      times: [forward, backward] as const,
    })),
    { name: "feeding the batch", times: [feeding, 0] as const },
    ...(threads === 1
      ? []
      : [{ name: "threads waiting for each other", times: [waiting, 0] as const }]),
  ].sort((a, b) => sum(b.times) - sum(a.times));
  const shown = all.slice(0, all.length > mostTimeRows ? mostTimeRows - 1 : mostTimeRows);
  const rest = all.slice(shown.length);
  if (rest.length > 0) {
    const added = (which: 0 | 1) => sum(rest.map(({ times }) => times[which]));
    shown.push({ name: `${rest.length} more`, times: [added(0), added(1)] });
  }
  const total = sum(all.map(({ times }) => sum(times)));
  const longest = Math.max(...shown.map(({ times }) => sum(times)));
  const bar = (color: string, seconds: number) => {
    const percent = (seconds / longest * 100).toFixed(1);
    return markup`<i class="${color}" style="width:${percent}%"></i>`;
  };
  const rows = shown.map(({ name, times: [forward, backward] }) => [
    name,
    forward === 0 ? "" : secondsText(forward),
    backward === 0 ? "" : secondsText(backward),
    shareText((forward + backward) / total),
    markup`<div class="bar">${bar("train", forward)}${bar("validation", backward)}</div>`,
  ]);
  return markup`${legend([["train", "forward and update"], ["validation", "backward"]])}
${table({ look: "numbers time", head: ["stages", "forward", "backward", "share", ""], rows })}`;
}
