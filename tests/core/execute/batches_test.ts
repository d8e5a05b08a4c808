/**
 * Batches that take their time: a loader of promises and a host stage of promises, against the same
 * data at once.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  adam,
  backward,
  defineHostStage,
  defineLoader,
  dense,
  type Dim,
  dropout,
  evaluate,
  meanAbsoluteError,
  meanSquaredError,
  type Pipeline,
  pipeline,
  type PipelineOptions,
  predictSplit,
  type RunEvent,
  sequential,
  sgd,
  type Tensor,
  train,
} from "@millrace/millrace";
import { z } from "zod";
import { bitsOf, inFolder } from "../../support/runs.ts";
import { webgpuTest } from "../../support/webgpu.ts";

/** What a loader and a run did, in order. */
type Log = string[];

/** How the loader gives its rows. */
interface Pace {
  /** Milliseconds before a batch is there; `null`: at once. */
  readonly delayMs: number | null;
  readonly log?: Log;
  /** How many batches may be read at a time; 1 when absent. */
  readonly atOnce?: number;
  /** The batch, from 1, that cannot be read. */
  readonly failing?: number;
}

const rows = 22;

/** Rows `[i, i²]`, of every split. */
const squares = defineLoader<{
  readonly x: Tensor<readonly ["batch", 1]>;
  readonly y: Tensor<readonly ["batch", 1]>;
}>()({
  name: "squares",
  kind: "loader",
  family: "loader",
  config: z.object({ pace: z.custom<() => Pace>() }),
  ports: () => ({
    x: { kind: "tensor", dtype: "f32", shape: [1] },
    y: { kind: "tensor", dtype: "f32", shape: [1] },
  }),
  open({ config, split }) {
    const { delayMs, log, failing, atOnce } = config.pace();
    let asked = 0;
    let reading = 0;
    const note = (text: string) => split === "train" && log?.push(text);
    return {
      rows,
      inMemory: delayMs === null,
      ...(atOnce === undefined ? {} : { readsAtOnce: atOnce }),
      read(wanted, { x, y }) {
        const number = ++asked;
        note(`ask ${number}`);
        assert(reading < (atOnce ?? 1), "too many batches are read at once");
        const fill = () => {
          if (number === failing && split === "train") throw new Error(`no batch ${number}`);
          wanted.forEach((row, i) => {
            x![i] = row / rows;
            y![i] = (row / rows) ** 2;
          });
        };
        if (delayMs === null) return fill();
        reading++;
        return new Promise<void>((resolve) => setTimeout(resolve, delayMs)).finally(() => {
          reading--;
          note(`have ${number}`);
        }).then(fill);
      },
      close: () => {
        assert(reading === 0, "closed while a batch is read");
        note("close");
      },
    };
  },
});

/** Shakes what flows through, by the random numbers of the stage. */
const shaken = defineHostStage<<S extends readonly Dim[]>(x: Tensor<S>) => { x: Tensor<S> }>()({
  name: "shaken",
  family: "transform",
  kind: "host",
  config: z.object({ later: z.boolean() }),
  inputs: { x: { kind: "tensor" } },
  ports: ({ x }) => ({ x: x! }),
  map({ x }, { config, random }) {
    const data = Float32Array.from(x!.data, (value) => value + 0.1 * random.normal());
    return config.later ? Promise.resolve({ x: { ...x!, data } }) : { x: { ...x!, data } };
  },
});

/** Four batches of 6 rows an epoch, the last of 4. */
function parabola(
  pace: Pace,
  { host = false, ...options }: Partial<PipelineOptions> & { readonly host?: boolean } = {},
): Pipeline {
  const data = squares({ pace: () => pace });
  const x = host ? shaken({ later: pace.delayMs !== null })(data.x).x : data.x;
  const curve = sequential(dense(8, { activation: "tanh" }), dropout(0.1), dense(1))(x);
  const loss = meanSquaredError()({ predictions: curve, targets: data.y });
  return pipeline({
    name: "parabola",
    epochs: 3,
    batchSize: 6,
    evaluateBatchSize: 5,
    stages: {
      data,
      curve,
      loss,
      optimizer: adam({ learningRate: 0.01 })(backward()(loss)),
      error: meanAbsoluteError()({ predictions: curve, targets: data.y }),
    },
    ...options,
  });
}

for (const device of ["wasm", "reference"]) {
  for (const host of [false, true]) {
    const how = `${host ? "through a host stage, " : ""}on ${device}`;
    Deno.test(`train() gives the same bits when batches take their time, ${how}`, async () => {
      const atOnce = await train(parabola({ delayMs: null }, { host }), { device });
      const later = await train(parabola({ delayMs: 1 }, { host }), { device });
      assertEquals(bitsOf(later), bitsOf(atOnce));
      assertEquals(later.metrics, atOnce.metrics);
      assertEquals(Object.keys(later.metrics), ["train", "validation", "test"]);
    });
  }
}

webgpuTest("train() on webgpu gives the same bits whichever way its batches come", async () => {
  const messages: string[] = [];
  const onEvent = (event: RunEvent) => event.kind === "message" && messages.push(event.text);
  const options = { device: "webgpu", onEvent } as const;
  const kept = await train(parabola({ delayMs: null }), options);
  assertEquals(messages, [
    'Keeping the training rows on device "webgpu": 176 B',
    'Keeping the validation rows on device "webgpu": 176 B',
  ]);
  const uploaded = await train(parabola({ delayMs: null }), { ...options, keepRows: false });
  const ahead = await train(parabola({ delayMs: 1 }), options);
  assertEquals(messages.length, 2, "rows that come later are not kept");
  for (const other of [uploaded, ahead]) {
    assertEquals(bitsOf(other), bitsOf(kept));
    assertEquals(other.metrics, kept.metrics);
  }
});

webgpuTest("train() on webgpu keeps no rows that come out of host stages", async () => {
  const messages: string[] = [];
  const onEvent = (event: RunEvent) => event.kind === "message" && messages.push(event.text);
  const pace = { delayMs: null };
  await train(parabola(pace, { host: true, epochs: 1 }), { device: "webgpu", onEvent });
  assertEquals(messages, []);
});

webgpuTest("train() on webgpu resumes to the same bits, with rows kept and without", async () => {
  await inFolder(async (runDirectory) => {
    const whole = await train(parabola({ delayMs: null }), { device: "webgpu" });
    const controller = new AbortController();
    const stopped = await train(parabola({ delayMs: null }), {
      device: "webgpu",
      runDirectory,
      signal: controller.signal,
      logEvery: 1,
      onEvent: (event) => event.kind === "step" && event.step === 6 && controller.abort(),
    });
    assertEquals([stopped.stopped, stopped.steps], [true, 6]);
    const resumed = await train(parabola({ delayMs: null }), {
      device: "webgpu",
      runDirectory,
      resume: true,
      keepRows: false,
    });
    assertEquals(bitsOf(resumed), bitsOf(whole));
    assertEquals(resumed.metrics, whole.metrics);
  });
});

/** Trains for an epoch, and notes steps among what the loader does. */
async function logOf(pace: Omit<Pace, "log">): Promise<Log> {
  const log: Log = [];
  await train(parabola({ ...pace, log }, { epochs: 1 }), {
    logEvery: 1,
    onEvent: (event) => event.kind === "step" && log.push(`step ${event.step}`),
  });
  return log;
}

Deno.test("train() asks for the next batch before it takes a step, and for no more", async () => {
  assertEquals(await logOf({ delayMs: 1 }), [
    "ask 1",
    "have 1",
    "ask 2",
    "step 1",
    "have 2",
    "ask 3",
    "step 2",
    "have 3",
    "ask 4",
    "step 3",
    "have 4",
    "step 4",
    "close",
  ]);
});

Deno.test("train() asks for as many batches ahead as may be read at a time, in their order", async () => {
  const log = await logOf({ delayMs: 1, atOnce: 3 });
  assertEquals(log.slice(0, 5), ["ask 1", "ask 2", "ask 3", "have 1", "ask 4"]);
  for (const what of ["have", "step"]) {
    const numbers = [1, 2, 3, 4].map((number) => `${what} ${number}`);
    assertEquals(log.filter((entry) => entry.startsWith(what)), numbers);
  }
  const atOnce = await train(parabola({ delayMs: null }, { host: true }));
  const later = await train(parabola({ delayMs: 1, atOnce: 5 }, { host: true }));
  assertEquals(bitsOf(later), bitsOf(atOnce));
});

Deno.test("train() asks for nothing ahead where rows are there at once", async () => {
  const steps = [1, 2, 3, 4].flatMap((step) => [`ask ${step}`, `step ${step}`]);
  assertEquals(await logOf({ delayMs: null }), [...steps, "close"]);
});

Deno.test("train() tells of a batch that cannot be read when its turn comes", async () => {
  for (const delayMs of [null, 0]) {
    const steps: number[] = [];
    await assertRejects(
      () =>
        train(parabola({ delayMs, failing: 7 }), {
          logEvery: 1,
          onEvent: (event) => event.kind === "step" && steps.push(event.step),
        }),
      Error,
      `Cannot read rows: the stage's own code threw "no batch 7"`,
    );
    assertEquals(steps, [1, 2, 3, 4, 5, 6]);
  }
});

Deno.test("train() drops the batch that it asked for when it is stopped, and resumes exactly", async () => {
  const whole = await train(parabola({ delayMs: null }));
  // the batch that is under way when training stops can be read, or cannot
  for (const failing of [-1, 7]) {
    await inFolder(async (folder) => {
      const log: Log = [];
      const controller = new AbortController();
      const stopped = await train(parabola({ delayMs: 2, log, failing }), {
        runDirectory: folder,
        signal: controller.signal,
        logEvery: 1,
        onEvent: (event) => event.kind === "step" && event.step === 6 && controller.abort(),
      });
      assertEquals([stopped.stopped, stopped.steps], [true, 6]);
      assertEquals(log.slice(-3), ["ask 7", "have 7", "close"]);
      const resumed = await train(parabola({ delayMs: 2 }), { runDirectory: folder, resume: true });
      assertEquals(bitsOf(resumed), bitsOf(whole));
      assertEquals(resumed.metrics, whole.metrics);
    });
  }
});

Deno.test("train() finds the row of a value that is not finite in batches that take their time", async () => {
  const data = squares({ pace: () => ({ delayMs: 0 }) });
  const line = dense(1)(data.x);
  const loss = meanSquaredError()({ predictions: line, targets: data.y });
  const optimizer = sgd({ learningRate: 1e30 })(backward()(loss));
  const stages = { data, line, loss, optimizer };
  await assertRejects(
    () => train(pipeline({ name: "steep", batchSize: 6, stages })),
    Error,
    "is NaN or infinite for rows",
  );
});

Deno.test("evaluate() and predictSplit() give the same when batches take their time", async () => {
  const { model } = await train(parabola({ delayMs: null }));
  const scores = async (delayMs: number | null) =>
    (await evaluate(parabola({ delayMs }), { model })).scores;
  assertEquals(await scores(1), await scores(null));
  const predicted = async (delayMs: number | null) =>
    await predictSplit(parabola({ delayMs }), { model, output: "curve", columns: ["data.y"] });
  const [later, atOnce] = [await predicted(1), await predicted(null)];
  assertEquals(later, atOnce);
  assertEquals(later.columns["data.y"]!.data[21], Math.fround((21 / 22) ** 2));
});

Deno.test("evaluate() asks for the next batch while it computes with the one before", async () => {
  const log: Log = [];
  const { model } = await train(parabola({ delayMs: null }));
  await evaluate(parabola({ delayMs: 0, log }), { model, split: "train", limit: 12 });
  assertEquals(log, ["ask 1", "have 1", "ask 2", "have 2", "ask 3", "have 3", "close"]);
});
