/**
 * What a person sees of training while it runs: a header, a bar that is redrawn in place where there
 * is a terminal, else a line now and then, and a line for every epoch.
 *
 * @module
 */
import { formatAmount, formatCount, formatRate, formatScore, formatSeconds } from "../format.ts";
import type { LoadedWeights, RunEvent, Scores } from "../execute/mod.ts";
import { formatTable } from "../table.ts";
import { invalidLines } from "./invalid.ts";
import { bold, dim, type TextStream } from "./terminal.ts";

/** Milliseconds between two drawings of the bar. */
const redrawMs = 100;
/** Milliseconds between two lines about steps where there is no terminal. */
const lineMs = 5000;
/** Milliseconds of steps from which on they tell how long the others will take. */
const leastMs = 1000;

type Start = Extract<RunEvent, { kind: "start" }>;
type Step = Extract<RunEvent, { kind: "step" }>;
type Epoch = Extract<RunEvent, { kind: "epoch" }>;

/** Prints the events of a run. */
export class Progress {
  readonly #stream: TextStream;
  readonly #now: () => number;
  #start: Start | undefined;
  #drawn = false;
  #lastMs: number;
  /** The first step that was told of: what is loaded and compiled before it is no pace. */
  #first: { readonly step: number; readonly ms: number } | undefined;

  constructor(stream: TextStream, now: () => number) {
    this.#stream = stream;
    this.#now = now;
    this.#lastMs = now();
  }

  /** Prints what is to be said about an event. */
  event(event: RunEvent): void {
    switch (event.kind) {
      case "start":
        this.#start = event;
        return this.#line(header(event, this.#stream));
      case "weights":
        return this.#line(weightsLine(event.loaded));
      case "invalid": {
        const lines = invalidLines(event);
        return lines.length === 0 ? undefined : this.#line(lines.join("\n"));
      }
      case "fit":
        return this.#line(`fitted ${event.stage} in ${formatSeconds(event.seconds)}`);
      case "step":
        return this.#step(event);
      case "epoch":
        this.#lastMs = this.#now();
        return this.#line(epochLine(event, this.#start));
      case "evaluation":
        return;
      case "checkpoint":
        return;
      case "message":
        return this.#line(event.text);
    }
  }

  /** Takes the bar away. */
  close(): void {
    if (this.#drawn) this.#stream.write("\r\x1b[K");
    this.#drawn = false;
  }

  #line(text: string): void {
    this.close();
    this.#stream.write(`${text}\n`);
  }

  #step(event: Step): void {
    if (this.#start === undefined) return;
    const wait = this.#stream.isTerminal ? redrawMs : lineMs;
    const now = this.#now();
    const first = this.#first ??= { step: event.step, ms: now };
    if (now - this.#lastMs < wait) return;
    this.#lastMs = now;
    const elapsed = now - first.ms;
    const isKnown = elapsed >= leastMs && event.step > first.step;
    const at = positionOf(event, {
      start: this.#start,
      secondsPerStep: isKnown ? elapsed / 1000 / (event.step - first.step) : undefined,
    });
    if (!this.#stream.isTerminal) return this.#line(stepLine(at));
    this.#stream.write(`\r${bar(at, this.#stream)}\x1b[K`);
    this.#drawn = true;
  }
}

/** Where a run is. */
interface Position {
  readonly event: Step;
  readonly start: Start;
  /** The share of the epoch that is done. */
  readonly share: number;
  /** How long the rest will take, where that is known: `  12.1 s left`. */
  readonly left: string;
}

/** `starts from runs/base/model.safetensors: 4 tensors of features; 2 of the file are not used`. */
function weightsLine({ file, tensors, unused }: LoadedWeights): string {
  const stages = [...new Set(Object.keys(tensors).map((path) => path.split(".")[0]!))];
  return `starts from ${file}: ${formatAmount(Object.keys(tensors).length, "tensor")} of ` +
    stages.join(", ") +
    (unused.length === 0 ? "" : `; ${formatAmount(unused.length, "tensor")} not used`);
}

function header(start: Start, stream: TextStream): string {
  const lines = [
    `${bold(stream, start.pipeline)}: ${formatAmount(start.rows, "row")}, ` +
    `${formatAmount(start.parameters, "parameter")}, ` +
    `${formatAmount(start.epochs, "epoch")} of ${formatAmount(start.stepsPerEpoch, "step")}`,
    `device ${start.device}, ${formatAmount(start.threads, "thread")}` +
    `${start.precision === "full" ? "" : `, ${start.precision} precision`}, seed ${start.seed}`,
  ];
  if (start.fromStep > 0) lines.push(`resumed after step ${formatCount(start.fromStep)}`);
  return lines.join("\n");
}

function positionOf(
  event: Step,
  { start, secondsPerStep }: {
    readonly start: Start;
    /** Since the first step; absent while that says nothing. */
    readonly secondsPerStep: number | undefined;
  },
): Position {
  const before = (event.epoch - 1) * start.stepsPerEpoch;
  const share = Math.min(1, Math.max(0, (event.step - before) / start.stepsPerEpoch));
  const stepsLeft = Math.max(0, start.epochs * start.stepsPerEpoch - event.step);
  const left = secondsPerStep === undefined
    ? ""
    : `  ${formatSeconds(stepsLeft * secondsPerStep)} left`;
  return { event, start, share, left };
}

/** `epoch 2/5 [=======>        ]  45%  48,200 samples/s  loss 0.2131  12.1 s left`, as wide as fits. */
function bar({ event, start, share, left }: Position, stream: TextStream): string {
  const lead = `epoch ${event.epoch}/${start.epochs} `;
  const tail = ` ${percent(share)}  ${formatRate(event.samplesPerSecond)} samples/s  ` +
    `${lossName(start)} ${formatScore(event.loss)}${left}`;
  // The last column stays free: a terminal may wrap after it.
  const room = stream.columns() - 1 - lead.length - tail.length - 2;
  if (room < 5) return (lead + tail.trimStart()).slice(0, Math.max(0, stream.columns() - 1));
  const width = Math.min(room, 30);
  const filled = Math.round(share * width);
  const drawn = "=".repeat(Math.max(0, filled - 1)) + (filled > 0 ? ">" : "");
  return `${lead}[${drawn}${dim(stream, "-".repeat(width - filled))}]${tail}`;
}

function stepLine({ event, start, share, left }: Position): string {
  return `epoch ${event.epoch}/${start.epochs}  ${percent(share)}  ` +
    `${lossName(start)} ${formatScore(event.loss)}  ${
      formatRate(event.samplesPerSecond)
    } samples/s${left}`;
}

/** What the loss of a step is: `loss` where it is one, else the sum that it is. */
function lossName({ lossOf }: Start): string {
  return lossOf.length > 1 ? lossOf.join(" + ") : "loss";
}

function percent(share: number): string {
  return `${Math.floor(share * 100)}%`.padStart(4);
}

function epochLine(event: Epoch, start: Start | undefined): string {
  const epochs = start === undefined ? "" : String(start.epochs);
  const number = String(event.epoch).padStart(epochs.length);
  const validation = event.validation === undefined
    ? ""
    : `  validation: ${scoresText(event.validation)}`;
  return `epoch ${number}${epochs === "" ? "" : `/${epochs}`}  ${scoresText(event.train)}` +
    `${validation}  ${formatSeconds(event.seconds)}  ` +
    `${formatRate(event.samplesPerSecond)} samples/s`;
}

/** Scores in a line: `loss 0.2951  accuracy 0.9143`. */
function scoresText(scores: Scores): string {
  return Object.entries(scores).map(([name, value]) => `${name} ${formatScore(value)}`).join("  ");
}

/** Scores as a table with a row per score and a column per split. */
export function scoresTable(splits: Readonly<Record<string, Scores | undefined>>): string {
  const columns = Object.entries(splits).flatMap(([split, scores]) =>
    scores === undefined ? [] : [{ split, scores }]
  );
  const names = [...new Set(columns.flatMap(({ scores }) => Object.keys(scores)))];
  if (names.length === 0) return "";
  const cell = (value: number | undefined) => value === undefined ? "" : formatScore(value);
  return formatTable([
    ["", ...columns.map(({ split }) => split)],
    ...names.map((name) => [name, ...columns.map(({ scores }) => cell(scores[name]))]),
  ], { right: columns.map((_, i) => i + 1) });
}
