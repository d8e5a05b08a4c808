import { assertEquals, assertStringIncludes } from "@std/assert";
import { Progress, scoresTable } from "../../../core/cli/progress.ts";
import type { RunEvent } from "../../../core/execute/types.ts";
import { keptStream } from "./support.ts";

const start: Extract<RunEvent, { kind: "start" }> = {
  kind: "start",
  pipeline: "mnist",
  device: "wasm",
  threads: 2,
  seed: 7,
  epochs: 5,
  stepsPerEpoch: 100,
  rows: 3200,
  parameters: 101770,
  lossOf: ["loss"],
  precision: "full",
  fromEpoch: 0,
  fromStep: 0,
};

function step(number: number): RunEvent {
  return {
    kind: "step",
    epoch: Math.ceil(number / 100),
    step: number,
    loss: 0.25,
    samplesPerSecond: 3200,
  };
}

/** Runs events with a clock that each `[ms, event]` sets. */
function printed(
  events: readonly (readonly [ms: number, event: RunEvent])[],
  options: Parameters<typeof keptStream>[0] = {},
): string {
  const stream = keptStream(options);
  let now = 0;
  const progress = new Progress(stream, () => now);
  for (const [ms, event] of events) {
    now = ms;
    progress.event(event);
  }
  progress.close();
  return stream.text;
}

Deno.test("Progress begins with pipeline, rows, parameters, device, threads and seed", () => {
  assertEquals(
    printed([[0, start]]),
    "mnist: 3,200 rows, 101,770 parameters, 5 epochs of 100 steps\n" +
      "device wasm, 2 threads, seed 7\n",
  );
});

Deno.test("Progress says from where a run goes on", () => {
  const text = printed([[0, { ...start, fromEpoch: 2, fromStep: 150 }]]);
  assertStringIncludes(text, "resumed after step 150\n");
});

Deno.test("Progress prints a line at most every five seconds where there is no terminal", () => {
  const steps = Array.from({ length: 100 }, (_, i) => [i * 200, step(i + 1)] as const);
  const lines = printed([[0, start], ...steps]).split("\n").slice(2, -1);
  assertEquals(lines.length, 3);
  assertEquals(lines[0], "epoch 1/5   26%  loss 0.2500  3,200 samples/s  1 min 35 s left");
});

Deno.test("Progress tells how long is left once steps tell it, whatever came before the first", () => {
  const steps = [
    // what is loaded and compiled before the first step took 60 s
    [60_000, step(1)],
    [60_500, step(6)],
    [61_000, step(11)],
    [61_400, step(21)],
  ] as const;
  const drawn = printed([[0, start], ...steps], { isTerminal: true }).split("\r").slice(1, -1);
  assertEquals(drawn.map((bar) => / ([\d.]+ s) left/.exec(bar)?.[1]), [
    undefined,
    undefined,
    "48.9 s",
    "33.5 s",
  ]);
});

Deno.test("Progress redraws the bar at most ten times a second and takes it away", () => {
  const steps = Array.from({ length: 100 }, (_, i) => [i * 10, step(i + 1)] as const);
  const text = printed([[0, start], ...steps], { isTerminal: true });
  assertEquals(text.split("\r").length - 1, 9 + 1);
  assertStringIncludes(text, "epoch 1/5 [==");
  assertEquals(text.endsWith("\r\x1b[K"), true);
});

Deno.test("Progress keeps the bar within the width of the terminal", () => {
  for (const width of [20, 60, 80, 200]) {
    const text = printed([[0, start], [1000, step(50)]], { isTerminal: true, width });
    const bar = text.split("\r")[1]!.replace("\x1b[K", "");
    assertEquals(bar.length < width, true, `${bar.length} at ${width}`);
  }
});

Deno.test("Progress prints a line for every epoch, validation included", () => {
  const text = printed([[0, start], [10, {
    kind: "epoch",
    epoch: 2,
    step: 200,
    seconds: 3.14,
    samplesPerSecond: 10190,
    train: { loss: 0.2951, accuracy: 0.91432 },
    validation: { loss: 0.31, accuracy: 0.9 },
  }]]);
  assertEquals(
    text.split("\n")[2],
    "epoch 2/5  loss 0.2951  accuracy 0.9143  validation: loss 0.3100  accuracy 0.9000  " +
      "3.14 s  10,200 samples/s",
  );
});

Deno.test("scoresTable() has a column for each split that was scored", () => {
  assertEquals(
    scoresTable({
      train: { loss: 0.1, accuracy: 0.98 },
      validation: undefined,
      test: { loss: 0.2 },
    }),
    "           train    test\nloss      0.1000  0.2000\naccuracy  0.9800\n",
  );
  assertEquals(scoresTable({}), "");
});

Deno.test("Progress warns of rows that cannot be used, and is silent where there are none", () => {
  const stream = keptStream();
  const progress = new Progress(stream, () => 0);
  const found = {
    kind: "invalid",
    stage: "table",
    split: "train",
    policy: "report",
    checked: 1000,
    dropped: 2,
    kept: 6,
    faults: [
      { reason: "less than 0", column: "age", rows: 6 },
      { reason: "not JSON", rows: 1 },
      ...["a", "b", "c", "d"].map((reason) => ({ reason, rows: 1 })),
    ],
    examples: [{ file: "a.csv", row: 3, message: "Cannot accept the field" }],
  } as const;
  progress.event(found);
  progress.event({ ...found, dropped: 0, kept: 0, faults: [], examples: [] });
  assertEquals(
    stream.text,
    "warning: table, train split: of 1,000 rows, 2 left out, 6 kept that break rules\n" +
      '  6 rows: "age" less than 0\n  1 row: not JSON\n  1 row: a\n  1 row: b\n  1 row: c\n' +
      "  and 1 kind more\n  the first: Cannot accept the field\n",
  );
});
