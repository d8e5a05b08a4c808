import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  adam,
  type AnyTensor,
  backward,
  bucketByLength,
  defineLoader,
  dense,
  embedding,
  evaluate,
  flatten,
  globalAveragePool1d,
  gru,
  jsonLines,
  labelledTexts,
  meanSquaredError,
  paddingMask,
  type Pipeline,
  pipeline,
  PipelineError,
  predictSplit,
  relu,
  sequential,
  sgd,
  simpleRnn,
  sinusoidalPositions,
  sparseCategoricalCrossEntropy,
  split,
  type Tensor,
  tokens,
  train,
  type TrainOptions,
  type TrainResult,
  transformerEncoder,
} from "@millrace/millrace";
import { z } from "zod";
import { check, type CheckedPipeline } from "../../../core/check/mod.ts";
import { profileText } from "../../../core/cli/profile.ts";
import type { Wire } from "../../../core/declare/mod.ts";
import { openFeed, PipelineRows, shuffled } from "../../../core/execute/mod.ts";
import { RowLengths } from "../../../core/execute/row_lengths.ts";
import { bitsOf, inFolder } from "../../support/runs.ts";
import { webgpuTest } from "../../support/webgpu.ts";

const count = 90;
/** Row `i` has 1 to 16 numbers, mostly few, and then padding. */
const sequences = Array.from({ length: count }, (_, i) => {
  const length = i % 9 === 0 ? 1 + i % 16 : 1 + i % 4;
  return Array.from({ length: 16 }, (_, step) => step < length ? 1 + (i * 7 + step * 3) % 5 : 0);
});

type Words = Tensor<readonly ["batch", number], "i32">;
type Logits = Tensor<readonly ["batch", 2]>;

const recurrent = (words: Words): Logits =>
  dense(2)(gru(4)({ x: embedding(8, 4)(words), mask: paddingMask()(words) }));

interface Build {
  readonly buckets?: boolean;
  readonly model?: (words: Words) => Logits;
  readonly shuffle?: boolean;
}

async function declare(
  folder: string,
  { buckets = true, model = recurrent, shuffle = true }: Build = {},
): Promise<Pipeline> {
  const path = `${folder}/sequences.jsonl`;
  const lines = sequences.map((words) =>
    JSON.stringify({ words, kind: words[0]! % 2 === 0 ? "even" : "odd" })
  );
  await Deno.writeTextFile(path, lines.join("\n"));
  const data = jsonLines({
    path,
    columns: { words: { shape: [16], dtype: "i32" } },
    label: { column: "kind", classes: ["even", "odd"] },
  });
  const parts = split({ test: 0.2, seed: 1 })(data);
  const words = buckets
    ? bucketByLength({ boundaries: [2, 4] })(parts.words)
    : parts.words as AnyTensor as Words;
  const logits = model(words);
  const loss = sparseCategoricalCrossEntropy()({ logits, labels: parts.label });
  const fit = adam({ learningRate: 0.01 })(backward()(loss));
  return pipeline({
    name: "kinds",
    epochs: 3,
    shuffle,
    batchSize: 8,
    evaluateBatchSize: 16,
    stages: {
      data,
      parts,
      ...(buckets ? { words: words as AnyTensor } : {}),
      logits,
      loss,
      fit,
    },
  });
}

/** What flows into the stage that cuts. */
function wordsOf({ resolved }: CheckedPipeline): Wire[] {
  return Object.values(resolved.stages.find(({ path }) => path === "words")!.inputs);
}

function close(a: number, b: number, what: string): void {
  assert(Math.abs(a - b) < 1e-5 * Math.max(1, Math.abs(b)), `${what}: ${a}, not ${b}`);
}

Deno.test("bucketByLength() gives what padding to the most steps gives, where padding is masked", async () => {
  await inFolder(async (folder) => {
    // in the order of the data, both take the same batches
    const [cut, whole] = [
      await declare(folder, { shuffle: false }),
      await declare(folder, { shuffle: false, buckets: false }),
    ];
    const [a, b] = [await train(cut), await train(whole)];
    assertEquals(a.steps, b.steps);
    close(a.loss, b.loss, "loss");
    close(a.metrics.test!.loss!, b.metrics.test!.loss!, "test loss");
    for (const [path, { data }] of Object.entries(b.model.tensors)) {
      const own = a.model.tensors[path]!;
      data.forEach((value, i) => close(own.data[i]!, value, path));
    }
    const scored = await evaluate(cut, { model: a.model });
    close(scored.scores.loss!, b.metrics.test!.loss!, "evaluated loss");
    const values = async (declared: Pipeline, model: TrainResult["model"]) =>
      (await predictSplit(declared, { model, output: "logits" })).values.data;
    const expected = await values(whole, b.model);
    (await values(cut, a.model)).forEach((value, i) => close(value, expected[i]!, "prediction"));
  });
});

Deno.test("bucketByLength() makes batches of like lengths, each row once", async () => {
  await inFolder(async (folder) => {
    const checked = check(await declare(folder));
    const owner = { checked, fitted: {}, rows: new PipelineRows(checked) };
    const feed = (await openFeed(owner, { inputs: [], wires: wordsOf(checked), split: "train" }))!;
    const lengths = (await RowLengths.measure(owner, feed))!;
    const order = lengths.group(shuffled(feed.rows, { seed: 0, epoch: 0 }), 8);
    assertEquals([...order].sort((a, b) => a - b), Array.from({ length: feed.rows }, (_, i) => i));
    const stepsOf = (...rows: number[]) => lengths.stepsOf(Uint32Array.from(rows))?.words ?? 16;
    const batches = Array.from({ length: Math.ceil(order.length / 8) }, (_, i) => [
      ...order.subarray(8 * i, 8 * i + 8),
    ]);
    const isMixed = (rows: number[]) => new Set(rows.map((row) => stepsOf(row))).size > 1;
    // rows that are left in the end share batches with those of the next bucket
    assert(batches.filter(isMixed).length <= 2, `${batches.filter(isMixed).length} are mixed`);
    assertEquals(isMixed(batches[0]!), false);
    for (const rows of batches) {
      assertEquals(stepsOf(...rows), Math.max(...rows.map((row) => stepsOf(row))));
    }
    feed.close();
  });
});

Deno.test("bucketByLength() drops rows by chance, not the longest of every epoch", async () => {
  const rows = 20;
  const read: number[] = [];
  const data = defineLoader<{
    x: Tensor<readonly ["batch", 6, 1]>;
    y: Tensor<readonly ["batch", 1]>;
  }>()({
    name: "noted",
    kind: "loader",
    family: "loader",
    config: z.strictObject({}),
    ports: () => ({
      x: { kind: "tensor", dtype: "f32", shape: [6, 1] },
      y: { kind: "tensor", dtype: "f32", shape: [1] },
    }),
    open: ({ split }) =>
      split !== "train" ? null : {
        rows,
        read(wanted, into) {
          read.push(...wanted);
          // three rows have six steps, and the others two
          wanted.forEach((row, i) => into.x?.fill(1, 6 * i, 6 * i + (row < 3 ? 6 : 2)));
        },
      },
  })({});
  const cut = bucketByLength({ boundaries: [2] })(data.x);
  const predictions = simpleRnn(1)(cut);
  const loss = meanSquaredError()({ predictions, targets: data.y });
  const stages = { data, cut, predictions, loss, optimizer: sgd()(backward()(loss)) };
  const { steps } = await train(
    pipeline({ name: "drop", batchSize: 8, lastBatch: "drop", epochs: 12, stages }),
    {
      device: "reference",
      // what was read before was measured
      onEvent: ({ kind }) => kind === "start" && (read.length = 0),
    },
  );
  assertEquals([steps, read.length], [24, 24 * 8]);
  assertEquals(new Set(read).size, rows);
});

Deno.test("bucketByLength() resumes to the same bits, for any number of threads", async () => {
  await inFolder(async (folder) => {
    const declared = await declare(folder);
    const whole = await train(declared, { threads: 1 });
    const two = await train(declared, { threads: 2 });
    assertEquals(bitsOf(two), bitsOf(whole));
    const runDirectory = `${folder}/run`;
    const stop = new AbortController();
    await train(declared, {
      runDirectory,
      signal: stop.signal,
      logEvery: 1,
      onEvent: (event) => event.kind === "step" && event.step === 12 && stop.abort(),
    });
    const resumed = await train(declared, { runDirectory, resume: true });
    assertEquals([resumed.stopped, resumed.steps], [false, whole.steps]);
    assertEquals(bitsOf(resumed), bitsOf(whole));
    assertEquals(resumed.metrics, whole.metrics);
  });
});

/** Losses of all steps. */
async function curveOf(declared: Pipeline, options: TrainOptions): Promise<number[]> {
  const losses: number[] = [];
  await train(declared, {
    ...options,
    logEvery: 1,
    onEvent: (event) => event.kind === "step" && losses.push(event.loss),
  });
  return losses;
}

webgpuTest("bucketByLength() learns on webgpu as on wasm, with rows kept and without", async () => {
  await inFolder(async (folder) => {
    const declared = await declare(folder);
    const expected = await curveOf(declared, { device: "wasm" });
    for (const keepRows of [true, false]) {
      const found = await curveOf(declared, { device: "webgpu", keepRows });
      assertEquals(found.length, expected.length);
      found.forEach((loss, i) => assert(Math.abs(loss - expected[i]!) < 1e-3, `step ${i + 1}`));
    }
  });
});

Deno.test("bucketByLength() goes before attention, with positions of each number of steps", async () => {
  await inFolder(async (folder) => {
    const declared = await declare(folder, {
      model: (words) =>
        dense(2)(
          globalAveragePool1d()(
            transformerEncoder(2, 8)(sinusoidalPositions()(embedding(8, 4)(words))),
          ),
        ),
    });
    const losses = await curveOf(declared, { profile: true });
    assert(losses.at(-1)! < losses[0]!, `${losses[0]} to ${losses.at(-1)}`);
  });
});

Deno.test("check() rejects parameters that differ with the number of steps", async () => {
  await inFolder(async (folder) => {
    const declared = await declare(folder, {
      model: (words) => dense(2)(flatten()(embedding(8, 4)(words))) as unknown as Logits,
    });
    assertThrows(
      () => check(declared),
      PipelineError,
      "Cannot share this: the stages with its layer need it in different shapes",
    );
  });
});

Deno.test("check() rejects sequences whose lengths cannot be told", async () => {
  await inFolder(async (folder) => {
    const declared = await declare(folder, {
      model: (words) => {
        const x = sequential(relu())(embedding(8, 4)(words));
        const late = bucketByLength({ boundaries: [4] })(x);
        return dense(2)(gru(4)(late));
      },
    });
    assertThrows(
      () => check(declared),
      PipelineError,
      "expected sequences right from a loader or host stage\n" +
        "  hint: put bucketByLength before the stages that compute with them",
    );
  });
});

Deno.test("bucketByLength() takes boundaries in their order", async () => {
  await inFolder(async (folder) => {
    const declared = await declare(folder);
    assertThrows(
      () => check(declared, { "words.boundaries": [4, 2] }),
      PipelineError,
      "expected numbers of steps, each larger than the one before",
    );
  });
});

/** Texts of one to twelve words, mostly few, a file each, in a folder for each class. */
async function declareTexts(folder: string, memoryBytes: number): Promise<Pipeline> {
  for (const [number, name] of ["dull", "fun"].entries()) {
    await Deno.mkdir(`${folder}/${name}`, { recursive: true });
    for (let i = 0; i < 30; i++) {
      const length = i % 9 === 0 ? 12 : 1 + i % 4;
      const words = Array.from({ length }, (_, j) => `w${(i + j + 5 * number) % 8}`);
      await Deno.writeTextFile(`${folder}/${name}/${i}.txt`, words.join(" "));
    }
  }
  const texts = labelledTexts({ path: folder, classes: ["dull", "fun"], length: 64, memoryBytes });
  const data = split({ test: 0.2, stratify: "label", seed: 1 })(texts);
  const numbers = tokens({ vocabulary: 8, length: 12 })(data.text);
  const words = bucketByLength({ boundaries: [2, 4] })(numbers.tokens);
  const logits = recurrent(words as AnyTensor as Words);
  const loss = sparseCategoricalCrossEntropy()({ logits, labels: data.label });
  const fit = adam({ learningRate: 0.01 })(backward()(loss));
  const stages = { texts, data, numbers, words: words as AnyTensor, logits, loss, fit };
  return pipeline({ name: "texts", epochs: 3, batchSize: 8, evaluateBatchSize: 16, stages });
}

Deno.test("bucketByLength() of texts gives the same bits with workers, profiled, kept or read again", async () => {
  await inFolder(async (folder) => {
    const expected = await train(await declareTexts(`${folder}/texts`, 1 << 20), { workers: 0 });
    for (const memoryBytes of [1 << 20, 1]) {
      const declared = await declareTexts(`${folder}/texts`, memoryBytes);
      for (const workers of [0, 2]) {
        const profiled = await train(declared, { workers, profile: true });
        assertEquals(bitsOf(profiled), bitsOf(expected));
        assertEquals(profiled.metrics, expected.metrics);
        const { step, otherSteps, loop } = profiled.profile!;
        assertStringIncludes(
          profileText(profiled.profile!),
          `\n${otherSteps.steps} other steps, of fewer rows or other lengths: `,
        );
        assertEquals(step.steps + otherSteps.steps, profiled.steps);
        // steps of all programs are counted, of those that are cut and those that are not
        assert(otherSteps.steps > 0 && otherSteps.seconds > 0);
        const onDevice = loop.computing + loop.waiting + loop.clock;
        assert(onDevice > otherSteps.seconds && loop.feeding > 0);
        // a program for each number of steps
        assert(loop.compiling > 0 && loop.compiling < loop.total, JSON.stringify(loop));
      }
      const runDirectory = `${folder}/run ${memoryBytes}`;
      const stop = new AbortController();
      await train(declared, {
        runDirectory,
        workers: 2,
        signal: stop.signal,
        logEvery: 1,
        onEvent: (event) => event.kind === "step" && event.step === 8 && stop.abort(),
      });
      const resumed = await train(declared, { runDirectory, resume: true, workers: 1 });
      assertEquals(bitsOf(resumed), bitsOf(expected));
    }
  });
});
