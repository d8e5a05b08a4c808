import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  arrays,
  backward,
  csv,
  dense,
  meanSquaredError,
  mix,
  type MixOptions,
  type Pipeline,
  pipeline,
  PipelineError,
  predictSplit,
  RandomStream,
  sgd,
  train,
} from "@millrace/millrace";
import { check } from "../../../core/check/mod.ts";
import { openFeed, PipelineRows, shuffled } from "../../../core/execute/mod.ts";
import { mixtureOf, together } from "../../../plugins/rows/mix.ts";
import { withFiles } from "../../support/loaders.ts";
import { bitsOf, inFolder } from "../../support/runs.ts";

Deno.test("mixtureOf() has its share of each loader, and every row of one as often, to one", () => {
  for (let seed = 0; seed < 80; seed++) {
    const random = new RandomStream(seed, "mix");
    const counts = Array.from({ length: 1 + random.below(4) }, () => 1 + random.below(40));
    const weights = counts.map(() => (1 + random.below(9)) / 10);
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    for (const rows of ["shortest", "all", 1 + random.below(90)] as const) {
      const text = JSON.stringify({ seed, counts, weights, rows });
      const total = typeof rows === "number"
        ? rows
        : rows === "shortest"
        ? Math.min(...counts.map((count, i) => count / weights[i]! * all))
        : Infinity;
      // a loader that comes to no row is refused
      if (weights.some((weight) => total * weight / all < 1)) continue;
      const { source, row } = mixtureOf(counts, { weights, rows, seed });
      const used = counts.map((count, i) => {
        const times = new Uint32Array(count);
        source.forEach((own, at) => {
          if (own === i) times[row[at]!]!++;
        });
        assert(Math.max(...times) - Math.min(...times) <= 1, text);
        return times;
      });
      const most = used.map((times) => Math.max(...times));
      const least = used.map((times) => Math.min(...times));
      if (rows === "shortest") assert(most.every((times) => times <= 1), text);
      if (rows === "shortest") assert(least.some((times) => times === 1), text);
      if (rows === "all") assert(least.every((times) => times >= 1), text);
      if (rows === "all") assert(most.some((times) => times === 1), text);
      for (let end = 1; end <= source.length; end++) {
        // evenly spread: every beginning has its share
        weights.forEach((weight, i) => {
          const share = source.subarray(0, end).filter((own) => own === i).length;
          assert(Math.abs(share - end * weight / all) <= counts.length + 1, text);
        });
      }
      assertEquals(mixtureOf(counts, { weights, rows, seed }), { source, row });
    }
  }
});

/** Rows that know their loader and their number. */
function mixed(options: MixOptions, epochs = 1): Pipeline {
  const numbers = (first: number, rows: number) =>
    Array.from({ length: rows }, (_, i) => [first + i]);
  const few = arrays({ x: numbers(0, 6) }, { test: { x: numbers(50, 2) } });
  const many = arrays({ x: numbers(100, 30) }, { test: { x: numbers(150, 1) } });
  const data = mix(options)([few, many]);
  const line = dense(1)(data.x);
  const loss = meanSquaredError()({ predictions: line, targets: data.x });
  const optimizer = sgd({ learningRate: 1e-6 })(backward()(loss));
  const stages = { few, many, data, line, loss, optimizer };
  return pipeline({ name: "mixed", epochs, batchSize: 4, stages });
}

async function rowsOf(options: MixOptions, split: "train" | "test" = "train"): Promise<number[]> {
  const declared = mixed(options);
  const { model } = await train(declared, { device: "reference" });
  const columns = ["data.x"];
  const given = await predictSplit(declared, {
    model,
    split,
    columns,
    output: "line",
    device: "reference",
  });
  return [...given.columns["data.x"]!.data];
}

Deno.test("mix() gives rows by weight: until one is exhausted, all are, or as many as asked", async () => {
  const shares = async (options: MixOptions) => {
    const rows = await rowsOf(options);
    return [rows.filter((x) => x < 50).length, rows.filter((x) => x >= 50).length];
  };
  const weights = [1, 2];
  assertEquals(await shares({ weights }), [6, 12]);
  assertEquals(await shares({ weights, rows: "all" }), [15, 30]);
  assertEquals(await shares({ weights, rows: 10 }), [3, 7]);
  assertEquals((await rowsOf({ weights, rows: 6 })).map((x) => x >= 50), [
    true,
    false,
    true,
    true,
    false,
    true,
  ]);
});

Deno.test("mix() gives all rows of other splits, loader by loader", async () => {
  assertEquals(await rowsOf({ weights: [1, 5] }, "test"), [50, 51, 150]);
});

Deno.test("mix() chooses by its own seed, and a resumed run goes on with the same rows", async () => {
  const rows = await rowsOf({ weights: [1, 1] });
  assertEquals(await rowsOf({ weights: [1, 1] }), rows);
  assert(JSON.stringify(await rowsOf({ weights: [1, 1], seed: 1 })) !== JSON.stringify(rows));
  const declared = mixed({ weights: [1, 1], rows: "all" }, 2);
  const whole = await train(declared);
  await inFolder(async (runDirectory) => {
    const controller = new AbortController();
    await train(declared, {
      runDirectory,
      signal: controller.signal,
      logEvery: 1,
      onEvent: (event) => event.kind === "step" && event.step === 20 && controller.abort(),
    });
    const resumed = await train(declared, { runDirectory, resume: true });
    assertEquals(bitsOf(resumed), bitsOf(whole));
  });
});

Deno.test("mix() reads files that are larger than the memory block by block", async () => {
  const table = (first: number) =>
    `x\n${Array.from({ length: 3000 }, (_, i) => first + i).join("\n")}\n`;
  await withFiles({ "a.csv": table(10_000), "b.csv": table(20_000) }, async (folder) => {
    const of = (name: string) =>
      csv({ path: `${folder}/${name}.csv`, features: ["x"], memoryBytes: 6000 });
    const data = mix({ weights: [2, 1] })([of("a"), of("b")]);
    const line = dense(1)(data.features);
    const checked = check(pipeline({ name: "blocks", stages: { data, line } }));
    const inputs = [{
      name: "data.features",
      stage: "data",
      port: "features",
      data: checked.ports.get("data")!.features!,
    }];
    const feed = (await openFeed({ checked, fitted: {}, rows: new PipelineRows(checked) }, {
      inputs,
      split: "train",
    }))!;
    assertEquals(feed.rows, 4500);
    assert(feed.blocks !== undefined && feed.blocks.begins.length > 1);
    const order = shuffled(feed.rows, { seed: 1, epoch: 0, blocks: feed.blocks });
    const columns = feed.columns(feed.rows);
    await feed.fill({ rows: order, epoch: 0, step: 1 }, columns);
    const found = [...columns.get("data.features")!].sort((a, b) => a - b);
    assertEquals(new Set(found).size, 4500);
    assertEquals(found.filter((x) => x < 20_000).length, 3000);
    feed.close();
  });
});

Deno.test("mix() refuses loaders that give something else, and weights that are not theirs", async () => {
  const a = arrays({ x: [[1]], kind: { values: [0], classes: ["a", "b"] } });
  const told = (stages: Record<string, unknown>) =>
    assertThrows(() => check(pipeline({ name: "wrong", stages: stages as never })), PipelineError)
      .message;
  const wide = arrays({ x: [[1, 2]], kind: { values: [0], classes: ["a", "b"] } });
  assertStringIncludes(
    told({ data: mix({ weights: [1, 1] })([a, wide as never]) }),
    '"data": Cannot mix "x" of loader 2: received f32[batch, 2], expected f32[batch, 1], as of the first',
  );
  const named = arrays({ x: [[1]], kind: { values: [0], classes: ["b", "a"] } });
  assertStringIncludes(
    told({ data: mix({ weights: [1, 1] })([a, named]) }),
    'Cannot mix "kind" of loader 2: received 2 classes (b, a), expected 2 classes (a, b)',
  );
  assertStringIncludes(
    told({ data: mix({ weights: [1, 1, 1] })([a, a]) }),
    "Cannot mix 2 loaders by 3 weights: expected one for each",
  );
  await assertRejects(
    () =>
      train(mixed({ weights: [1, 100], rows: "shortest" }), { set: { "data.weights": [1, -1] } }),
    PipelineError,
    "data.weights",
  );
});

Deno.test("together() has the rows of each loader once, and takes no memory for them", () => {
  const few = together([3, 0, 2]);
  assertEquals(
    Array.from({ length: few.rows }, (_, at) => [few.source(at), few.row(at)]),
    [[0, 0], [0, 1], [0, 2], [2, 0], [2, 1]],
  );
  const many = together([2e9, 2e9]);
  assertEquals([many.rows, many.source(3e9), many.row(3e9)], [4e9, 1, 1e9]);
  assertThrows(
    () => together([2 ** 31, 2 ** 31]),
    PipelineError,
    "Cannot put the rows of loaders together: received 4,294,967,296 rows, " +
      "expected at most 4,294,967,295",
  );
});

Deno.test("mixtureOf() refuses mixtures without a loader, and of more rows than the memory is for", () => {
  const of = (counts: readonly number[], weights: readonly number[], rows: "all" | number) =>
    mixtureOf(counts, { weights, rows, seed: 0 });
  assertThrows(
    () => of([2, 30], [1, 100], 30),
    PipelineError,
    "Cannot mix loader 1 in by a weight of 1: none of its 2 rows would be among the 30 of an epoch",
  );
  for (const [weights, rows] of [[[1, 1], 1e12], [[1e-12, 1], "all"]] as const) {
    assertThrows(
      () => of([2, 30], weights, rows),
      PipelineError,
      "expected at most 178,956,970, whose",
    );
  }
  const { source, row } = of([300_000, 100_000], [3, 1], "all");
  assertEquals([source.length, row.length], [400_000, 400_000]);
  assertEquals([...source.subarray(0, 4)].sort(), [0, 0, 0, 1]);
});
