/**
 * Passes over splits on `webgpu`: batches are run ahead of what is read of them.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  arrays,
  backward,
  dense,
  evaluate,
  meanSquaredError,
  pipeline,
  predictSplit,
  sgd,
  train,
} from "@millrace/millrace";
import { WebgpuSession } from "../../../../core/devices/webgpu/session.ts";
import { blobs } from "../../../support/pipelines.ts";
import { webgpuTest } from "../../../support/webgpu.ts";

const options = { device: "webgpu", set: { epochs: 1, evaluateBatchSize: 4 } } as const;

/** Runs something with sessions that have no queue, as those of other devices. */
async function withoutQueue<T>(run: () => Promise<T>): Promise<T> {
  const { prototype } = WebgpuSession;
  const own = prototype.prepare;
  prototype.prepare = async function (...args) {
    const { queue: _, ...rest } = await own.apply(this, args);
    return rest;
  };
  try {
    return await run();
  } finally {
    prototype.prepare = own;
  }
}

/** What something gives, and how often it waited for the GPU. */
async function countWaits<T>(run: () => Promise<T>): Promise<{ given: T; waits: number }> {
  const { prototype } = GPUBuffer;
  const own = prototype.mapAsync;
  let waits = 0;
  prototype.mapAsync = function (...args) {
    waits++;
    return own.apply(this, args);
  };
  try {
    return { given: await run(), waits };
  } finally {
    prototype.mapAsync = own;
  }
}

webgpuTest(
  "evaluate() on webgpu gives the same bits whether batches run ahead or not",
  async () => {
    const { model } = await train(blobs(), options);
    for (const split of ["train", "test"] as const) {
      const run = () => evaluate(blobs(), { ...options, model, split });
      const ahead = await countWaits(run);
      const oneByOne = await countWaits(() => withoutQueue(run));
      const { seconds: _, ...scores } = ahead.given;
      assertEquals({ ...scores, seconds: oneByOne.given.seconds }, oneByOne.given);
      // 15 or 8 batches with two outputs each
      assert(ahead.waits <= 4, `${ahead.waits} waits`);
      assert(oneByOne.waits >= (split === "train" ? 30 : 16), `${oneByOne.waits} waits`);
    }
  },
);

webgpuTest("predictSplit() on webgpu gives the columns of each row beside its output", async () => {
  // more batches than a queue holds
  const rows = Array.from({ length: 150 }, (_, i) => i);
  const data = arrays({ x: rows.map((i) => [i, -i]), y: rows.map((i) => [2 * i]) });
  const line = dense(1)(data.x);
  const loss = meanSquaredError()({ predictions: line, targets: data.y });
  const optimizer = sgd({ learningRate: 1e-6 })(backward()(loss));
  const lines = pipeline({ name: "lines", stages: { data, line, loss, optimizer } });
  const set = { epochs: 1, evaluateBatchSize: 1 };
  const { model } = await train(lines, { device: "webgpu", set });
  const run = (device: string) =>
    predictSplit(lines, { device, set, model, split: "train", columns: ["data.x", "data.y"] });
  const webgpu = await countWaits(() => run("webgpu"));
  assertEquals(webgpu.given.rows, 150);
  assertEquals(webgpu.given, await withoutQueue(() => run("webgpu")));
  assertEquals(webgpu.given.columns, (await run("wasm")).columns);
  assert(webgpu.waits <= 10, `${webgpu.waits} waits`);
});
