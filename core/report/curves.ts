/**
 * Curves of losses and metrics over epochs, drawn with Observable Plot.
 *
 * @module
 */
import type { Markish } from "@observablehq/plot";
import type { EpochScores, History } from "./record.ts";
import { legend, Markup, markup } from "./markup.ts";
import type { Libraries } from "./libraries.ts";

/** Points of a curve of single steps; more are averaged, so that the page stays small. */
const mostStepPoints = 400;
/** Points of a curve of epochs; of more, some are left out. */
const mostEpochPoints = 400;
/** Epochs up to which each has its dot. */
const mostDots = 40;
/** Epochs up to which each has a tick. */
const mostEpochTicks = 10;
/** Ratio of the greatest and the smallest value from which on an axis is logarithmic. */
const logarithmicFrom = 30;

/** A value at a time, in epochs. */
interface Point {
  readonly epoch: number;
  readonly value: number;
}

/** The curves of one score. */
interface Curves {
  readonly name: string;
  readonly steps: readonly Point[];
  readonly train: readonly Point[];
  readonly validation: readonly Point[];
}

/** Draws a chart for each score that has a curve; nothing where there is none. */
export function curvesSection(
  history: History,
  { losses, finalLosses, libraries }: {
    /** Names of the scores that are losses. */
    readonly losses: readonly string[];
    /** Those that no other loss is made of: the loss of a step is their sum. */
    readonly finalLosses: readonly string[];
    readonly libraries: Libraries;
  },
): Markup | undefined {
  const { points: steps, averaged } = stepPoints(history);
  const charts = curvesOf(history, { losses, finalLosses, steps })
    .filter(({ steps, train }) => steps.length > 1 || train.length > 1);
  if (charts.length === 0) return undefined;
  const stepText = averaged > 1 ? `means of ${averaged} logged steps` : "single steps";
  const entries = [
    ["train", "training, mean over the epoch"],
    ["validation", "validation, after the epoch"],
    ["steps", `training, ${stepText}`],
  ] as const;
  return markup`<section>
<h2>Curves</h2>
${legend(entries.filter(([series]) => charts.some((chart) => chart[series].length > 0)))}
<div class="charts">
${charts.map((chart) => figure(chart, libraries))}</div>
</section>`;
}

function figure(curves: Curves, libraries: Libraries): Markup {
  const scale = scaleOf(curves) === "log" ? markup` <small>logarithmic</small>` : null;
  return markup`<figure>
<figcaption>${curves.name}${scale}</figcaption>
${draw(curves, libraries)}
</figure>
`;
}

/** A chart per score, losses first; the curve of steps goes with the only final loss. */
function curvesOf(
  { epochs }: History,
  { losses, finalLosses, steps }: {
    readonly losses: readonly string[];
    readonly finalLosses: readonly string[];
    readonly steps: readonly Point[];
  },
): Curves[] {
  const seen = epochs.flatMap(({ train, validation }) => Object.keys({ ...train, ...validation }));
  const names = [...new Set([...losses, ...seen])];
  const [only] = finalLosses.length === 1 ? finalLosses : [];
  const curves = names.map((name) => ({
    name,
    steps: name === only ? steps : [],
    train: epochPoints(epochs, ({ train }) => train[name]),
    validation: epochPoints(epochs, ({ validation }) => validation?.[name]),
  }));
  if (only !== undefined || steps.length === 0) return curves;
  return [{ name: "all losses", steps, train: [], validation: [] }, ...curves];
}

function epochPoints(
  epochs: readonly EpochScores[],
  valueOf: (scores: EpochScores) => number | null | undefined,
): Point[] {
  const points = epochs.flatMap((scores) => {
    const value = valueOf(scores);
    return typeof value === "number" ? [{ epoch: scores.epoch, value }] : [];
  });
  const stride = Math.ceil(points.length / mostEpochPoints);
  return points.filter((_, i) => i % stride === 0 || i === points.length - 1);
}

/** Losses of steps; of very many, means of neighbours. */
function stepPoints(
  { steps, stepsPerEpoch }: History,
): { readonly points: Point[]; readonly averaged: number } {
  const finite = steps.filter(({ loss }) => typeof loss === "number");
  const averaged = Math.max(1, Math.ceil(finite.length / mostStepPoints));
  const points: Point[] = [];
  for (let i = 0; stepsPerEpoch > 0 && i < finite.length; i += averaged) {
    const group = finite.slice(i, i + averaged);
    const mean = (valueOf: (step: History["steps"][number]) => number) =>
      group.reduce((sum, step) => sum + valueOf(step), 0) / group.length;
    points.push({ epoch: mean(({ step }) => step) / stepsPerEpoch, value: mean((s) => s.loss) });
  }
  return { points, averaged };
}

/** Losses that fall by orders of magnitude are seen on a logarithmic axis only. */
function scaleOf(curves: Curves): "log" | "linear" {
  const [low, high] = rangeOf(valuesOf(curves));
  return low > 0 && high / low >= logarithmicFrom ? "log" : "linear";
}

/** One, two and five of each power of ten; of many powers, only these, or some of these. */
function logTicks(curves: Curves): number[] {
  const [low, high] = rangeOf(valuesOf(curves));
  const first = Math.floor(Math.log10(low));
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, i) => i);
  const stride = Math.ceil(powers.length / 6);
  return powers.filter((i) => i % stride === 0)
    .flatMap((i) => (powers.length <= 4 ? [1, 2, 5] : [1]).map((n) => n * 10 ** (first + i)))
    .filter((tick) => tick >= low && tick <= high);
}

/** Smallest and largest: a run may have logged more values than a call takes arguments. */
function rangeOf(values: readonly number[]): readonly [low: number, high: number] {
  return [
    values.reduce((low, value) => Math.min(low, value), Infinity),
    values.reduce((high, value) => Math.max(high, value), -Infinity),
  ];
}

function valuesOf({ steps, train, validation }: Curves): number[] {
  return [...steps, ...train, ...validation].map(({ value }) => value);
}

function draw(curves: Curves, { plot, document }: Libraries): Markup {
  const { steps, train, validation } = curves;
  const line = (points: readonly Point[], stroke: string, strokeWidth: number): Markish[] => [
    plot.line(points, { x: "epoch", y: "value", stroke, strokeWidth, strokeLinejoin: "round" }),
    ...(points.length > mostDots || stroke === "var(--steps)"
      ? []
      : [plot.dot(points, { x: "epoch", y: "value", fill: stroke, r: 2.5 })]),
  ];
  const [, last] = rangeOf([...steps, ...train, ...validation].map(({ epoch }) => epoch));
  const first = steps.length === 0 ? train[0]?.epoch ?? 0 : 0;
  const wholeEpochs = last > mostEpochTicks
    ? []
    : Array.from({ length: Math.floor(last) + 1 }, (_, i) => i).filter((epoch) => epoch >= first);
  const type = scaleOf(curves);
  const ticks = type === "log" ? logTicks(curves) : 5;
  const svg = plot.plot({
    document,
    width: 480,
    height: 250,
    marginLeft: 52,
    marginBottom: 38,
    marginTop: 12,
    inset: 8,
    className: "plot",
    style: { background: "transparent", fontSize: "12px" },
    x: {
      label: "epoch",
      labelArrow: "none",
      labelAnchor: "center",
      domain: [first, last],
      ...(wholeEpochs.length > 0 ? { ticks: wholeEpochs, tickFormat: "d" } : { ticks: 8 }),
      tickSize: 0,
      tickPadding: 8,
    },
    y: {
      type,
      label: null,
      nice: type === "linear",
      ticks,
      tickSize: 0,
      tickPadding: 8,
      ...(type === "log" ? { tickFormat: "~g" } : {}),
    },
    marks: [
      plot.gridY({ ticks, stroke: "var(--line)", strokeOpacity: 1 }),
      ...line(steps, "var(--steps)", 1),
      ...line(train, "var(--train)", 2),
      ...line(validation, "var(--validation)", 2),
    ],
  });
  return new Markup(svg.outerHTML);
}
