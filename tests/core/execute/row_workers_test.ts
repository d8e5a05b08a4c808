/**
 * Rows that Workers read, against the same rows read on the main thread.
 *
 * @module
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { encode as encodePng } from "npm:fast-png@8.0.0";
import {
  adam,
  backward,
  balance,
  DataError,
  defineHostStage,
  defineLoader,
  dense,
  type Dim,
  evaluate,
  flatten,
  imageFolder,
  meanSquaredError,
  type Pipeline,
  pipeline,
  PipelineError,
  predictSplit,
  rescale,
  sparseCategoricalCrossEntropy,
  split,
  type Tensor,
  train,
  type TrainOptions,
} from "@millrace/millrace";
import { z } from "zod";
import { RowWorkers } from "../../../core/execute/mod.ts";
import squares, { type Mishap } from "../../fixtures/worker_rows.ts";
import { bitsOf, inFolder } from "../../support/runs.ts";

const rows = 60;
const module = import.meta.resolve("../../fixtures/worker_rows.ts");

interface SquaresConfig {
  readonly mishap?: Mishap | undefined;
  /** The row at which that happens. */
  readonly at?: number | undefined;
  readonly module?: string | undefined;
}

const squaresOf = defineLoader<{
  readonly x: Tensor<readonly ["batch", 1]>;
  readonly y: Tensor<readonly ["batch", 1]>;
}>()({
  name: "squares",
  kind: "loader",
  family: "loader",
  config: z.custom<SquaresConfig>(),
  ports: () => ({
    x: { kind: "tensor", dtype: "f32", shape: [1] },
    y: { kind: "tensor", dtype: "f32", shape: [1] },
  }),
  open: ({ config: { module: own = module, ...mishap }, split }) =>
    split === "test"
      ? null
      : { ...squares({ rows }), inWorkers: { module: own, given: { rows, ...mishap } } },
});

const doubled = defineHostStage<<S extends readonly Dim[]>(x: Tensor<S>) => { x: Tensor<S> }>()({
  name: "doubled",
  family: "transform",
  kind: "host",
  config: z.object({}),
  inputs: { x: { kind: "tensor" } },
  ports: ({ x }) => ({ x: x! }),
  map: ({ x }) => Promise.resolve({ x: { ...x!, data: x!.data.map((value) => 2 * value) } }),
});

/** Ten batches an epoch, the last of 4 rows less. */
function parabola(config: SquaresConfig = {}, { part = false, host = false } = {}): Pipeline {
  const all = squaresOf(config);
  const data = part ? split({ validation: 0.2 })(all) : all;
  const curve = dense(1)(host ? doubled({})(data.x).x : data.x);
  const loss = meanSquaredError()({ predictions: curve, targets: data.y });
  const optimizer = adam()(backward()(loss));
  return pipeline({
    name: "parabola",
    epochs: 2,
    batchSize: 7,
    evaluateBatchSize: 9,
    stages: { all, data, curve, loss, optimizer },
  });
}

for (const how of [{}, { part: true }, { host: true }]) {
  Deno.test(`train() gives the same bits for any number of workers, ${JSON.stringify(how)}`, async () => {
    const declared = parabola({}, how);
    const alone = await train(declared, { workers: 0 });
    assertEquals(alone.workers, 0);
    for (const workers of [1, 2, 4]) {
      const result = await train(declared, { workers });
      assertEquals(result.workers, workers);
      assertEquals(bitsOf(result), bitsOf(alone));
      assertEquals(result.metrics, alone.metrics);
    }
  });
}

Deno.test("train() gives the same bits when workers are stopped and resumed by others", async () => {
  const whole = await train(parabola(), { workers: 0 });
  await inFolder(async (runDirectory) => {
    const controller = new AbortController();
    const stopped = await train(parabola(), {
      runDirectory,
      workers: 2,
      signal: controller.signal,
      logEvery: 1,
      onEvent: (event) => event.kind === "step" && event.step === 12 && controller.abort(),
    });
    assertEquals([stopped.stopped, stopped.steps], [true, 12]);
    const resumed = await train(parabola(), { runDirectory, resume: true, workers: 4 });
    assertEquals(bitsOf(resumed), bitsOf(whole));
    const record = JSON.parse(await Deno.readTextFile(`${runDirectory}/run.json`));
    assertEquals(record.results.workers, 4);
  });
});

Deno.test("evaluate() and predictSplit() read by workers what they read without", async () => {
  const { model } = await train(parabola(), { workers: 0 });
  const scores = async (workers: number) =>
    (await evaluate(parabola(), { model, split: "train", workers })).scores;
  assertEquals(await scores(2), await scores(0));
  const predicted = async (workers: number) =>
    await predictSplit(parabola(), {
      model,
      split: "train",
      output: "curve",
      columns: ["all.x", "all.y"],
      workers,
    });
  assertEquals(await predicted(3), await predicted(0));
});

async function failure(config: SquaresConfig, options: TrainOptions = {}): Promise<Error> {
  return await assertRejects(() => train(parabola(config), { workers: 2, ...options }), Error);
}

Deno.test("train() tells what went wrong in a worker as if it had gone wrong here", async () => {
  const thrown = await failure({ mishap: "throw", at: 7 });
  assert(thrown instanceof PipelineError);
  assertEquals(
    thrown.message,
    `"all": Cannot read rows: the stage's own code threw "row 7 is odd"`,
  );
  const refused = await failure({ mishap: "refuse", at: 7 });
  assert(refused instanceof DataError);
  assertEquals([refused.file, refused.row, refused.column], ["a.bin", 7, "x"]);
  assertEquals(
    refused.message,
    'Cannot use the row (file "a.bin", row 7, column "x")\n  hint: mend it',
  );
  const unopened = await failure({ mishap: "open" });
  assertStringIncludes(unopened.message, 'the stage\'s own code threw "there is no opening this"');
});

Deno.test("train() tells when a worker has ended, whether it says so or not", async () => {
  const closed = await failure({ mishap: "close", at: 30 });
  assertEquals(
    closed.message,
    '"all": Cannot read rows: a worker that reads them has ended: it closed itself\n' +
      "  hint: --workers 0 reads them on the main thread",
  );
  const crashed = await failure({ mishap: "crash", at: 30 });
  assertStringIncludes(crashed.message, "a worker that reads them has ended: Error: crashed");
});

/** What is told of a run, and its bits. */
async function messagesOf(declared: Pipeline, options: TrainOptions): Promise<string[]> {
  const messages: string[] = [];
  const result = await train(declared, {
    ...options,
    onEvent: (event) => event.kind === "message" && messages.push(event.text),
  });
  assertEquals(result.workers, 0);
  assertEquals(bitsOf(result), bitsOf(await train(parabola(), { workers: 0 })));
  return messages;
}

Deno.test("train() reads on the main thread, and says so, where a worker cannot import the module", async () => {
  const [message, ...rest] = await messagesOf(parabola({ module: "file:///no/such.ts" }), {
    workers: 2,
  });
  assertStringIncludes(message!, "Cannot use workers to read rows: Module not found");
  assertStringIncludes(message!, "they are read on the main thread");
  assertEquals(rest, []);
});

Deno.test({
  name: "train() reads on the main thread, and says so, where workers cannot start",
  permissions: { read: ["/no"], sys: true },
  async fn() {
    const [message] = await messagesOf(parabola(), { workers: 2 });
    assertStringIncludes(message!, "Cannot use workers to read rows: reading ");
  },
});

Deno.test("train() starts no workers unasked where rows are there soon", async () => {
  assertEquals(await messagesOf(parabola(), {}), []);
});

Deno.test("train() refuses a number of workers that is none", async () => {
  for (const workers of [-1, 1.5, 65]) {
    await assertRejects(
      () => train(parabola(), { workers }),
      PipelineError,
      `Cannot start so many workers: received ${workers}, expected a whole number from 0 to 64`,
    );
  }
});

/** A folder of images, with one that is damaged if wanted. */
async function inImages(use: (folder: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    for (const [number, name] of ["dark", "light"].entries()) {
      await Deno.mkdir(`${folder}/${name}`);
      for (let i = 0; i < 12; i++) {
        const data = Uint8Array.from(
          { length: 48 },
          (_, j) => 100 * number + (7 * i + 11 * j) % 90,
        );
        const image = encodePng({ width: 4, height: 4, channels: 3, data });
        await Deno.writeFile(`${folder}/${name}/${i}.png`, image);
      }
    }
    await use(folder);
  });
}

function pictures(folder: string, memoryBytes: number, fit: "stretch" | "pad"): Pipeline {
  const images = imageFolder({
    folder,
    classes: ["dark", "light"],
    height: 3,
    width: 3,
    channels: 3,
    fit,
    memoryBytes,
  });
  const data = balance("label")(images);
  const logits = dense(2)(flatten()(rescale({ scale: 1 / 255 })(data.image)));
  const loss = sparseCategoricalCrossEntropy()({ logits, labels: data.label });
  const optimizer = adam()(backward()(loss));
  return pipeline({
    name: "pictures",
    epochs: 3,
    batchSize: 5,
    stages: { images, data, logits, loss, optimizer },
  });
}

Deno.test("imageFolder() gives the same bits with workers, whatever is kept in memory", async () => {
  await inImages(async (folder) => {
    await Deno.remove(`${folder}/dark/3.png`);
    for (const fit of ["stretch", "pad"] as const) {
      const alone = bitsOf(await train(pictures(folder, 1 << 20, fit), { workers: 0 }));
      for (const memoryBytes of [1, 300, 1 << 20]) {
        const result = await train(pictures(folder, memoryBytes, fit), { workers: 2 });
        assertEquals(bitsOf(result), alone);
      }
    }
    await Deno.writeTextFile(`${folder}/light/9.png`, "no image");
    await assertRejects(
      () => train(pictures(folder, 1 << 20, "pad"), { workers: 2 }),
      DataError,
      `Cannot read the image: it is neither PNG nor JPEG (file "${folder}/light/9.png")`,
    );
  });
});

Deno.test("RowWorkers ends workers that were about to start when it is closed", async () => {
  const told: string[] = [];
  const workers = new RowWorkers({ count: 1, tell: (text) => told.push(text) });
  const opening = workers.open({ module, given: { rows } });
  workers.close();
  // a worker that is left over would keep this process from ending
  assertEquals(await opening, null);
  assertEquals(workers.count, 0);
  assertEquals(told.length, 1);
});

Deno.test("RowWorkers says what a module without an opener has", async () => {
  const told: string[] = [];
  const workers = new RowWorkers({ count: 1, tell: (text) => told.push(text) });
  const other = import.meta.resolve("../../support/runs.ts");
  assertEquals(await workers.open({ module: other, given: {} }), null);
  workers.close();
  assertStringIncludes(
    told[0]!,
    `Cannot open rows by "${other}": received a default export of undefined, expected a function`,
  );
});
