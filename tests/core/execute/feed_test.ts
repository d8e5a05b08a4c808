import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  backward,
  type ClassLabels,
  defineHostStage,
  defineLoader,
  dense,
  meanSquaredError,
  type Pipeline,
  pipeline,
  PipelineError,
  predictSplit,
  sgd,
  softmax,
  sparseCategoricalCrossEntropy,
  split as divided,
  standardize,
  type Tensor,
  train,
} from "@millrace/millrace";
import { z } from "zod";
import { bitsOf } from "../../support/runs.ts";

/** A loader of a plugin that trusts its own labels: row numbers, and the labels as configured. */
const trusting = defineLoader<{
  readonly x: Tensor<readonly ["batch", 1]>;
  readonly label: ClassLabels<"batch", 3>;
}>()({
  name: "trusting",
  kind: "loader",
  family: "loader",
  config: z.object({
    labels: z.array(z.number()),
    test: z.array(z.number()).optional(),
    dtype: z.enum(["u8", "i32"]).default("u8"),
    later: z.boolean().default(false),
  }),
  ports: ({ dtype }) => ({
    x: { kind: "tensor", dtype: "f32", shape: [1] },
    label: { kind: "labels", dtype, classes: 3 },
  }),
  open({ config: { labels: train, test, later }, split }) {
    const labels = { train, test, validation: undefined }[split];
    if (labels === undefined) return null;
    return {
      rows: labels.length,
      read(rows, { x, label }) {
        const fill = () =>
          rows.forEach((row, i) => {
            x![i] = row;
            label![i] = labels[row]!;
          });
        return later ? Promise.resolve().then(fill) : fill();
      },
    };
  },
});

/** A host stage that gives other labels. */
const shifted = defineHostStage<
  (label: ClassLabels<"batch", 3>) => { readonly label: ClassLabels<"batch", 3> }
>()({
  name: "shifted",
  family: "transform",
  kind: "host",
  config: z.object({ by: z.number() }),
  inputs: { label: { kind: "labels" } },
  ports: ({ label }) => ({ label: label! }),
  map: ({ label }, { config }) => ({
    label: { ...label!, data: Float32Array.from(label!.data, (value) => value + config.by) },
  }),
});

function classifier(
  data: ReturnType<typeof trusting>,
  label: ClassLabels<"batch", 3> = data.label,
): Pipeline {
  const logits = dense(3)(data.x);
  const loss = sparseCategoricalCrossEntropy()({ logits, labels: label });
  return pipeline({
    name: "trust",
    batchSize: 2,
    shuffle: false,
    stages: { data, logits, loss, fit: sgd()(backward()(loss)), chances: softmax()(logits) },
  });
}

for (const device of ["wasm", "reference"]) {
  for (const dtype of ["u8", "i32"] as const) {
    for (const later of [false, true]) {
      const how = `${dtype} ${later ? "later" : "at once"}, on ${device}`;
      Deno.test(`train() refuses a label outside of the classes, filled as ${how}`, async () => {
        const data = trusting({ labels: [0, 2, 1, 7, 0], dtype, later });
        const error = await assertRejects(() => train(classifier(data), { device }), PipelineError);
        assertEquals(
          error.issues.map(({ code, path, received, expected }) => [
            code,
            path,
            received,
            expected,
          ]),
          [["labels", "data.label", "7", "0 to 2"]],
        );
        assertStringIncludes(error.message, '"data.label": Cannot use the label of data row 4');
      });
    }
  }
}

Deno.test("train() refuses labels below 0 and takes those of every class", async () => {
  await assertRejects(
    () => train(classifier(trusting({ labels: [1, -1], dtype: "i32" }))),
    PipelineError,
    "data row 2: received -1, expected 0 to 2",
  );
  await train(classifier(trusting({ labels: [0, 1, 2, 2, 1] })));
});

Deno.test("train() refuses labels of a host stage, as it gave them", async () => {
  const data = trusting({ labels: [0, 1, 2] });
  for (
    const [by, row, received] of [[1, 3, "3"], [0.5, 1, "0.5"], [256, 1, "256"]] as const
  ) {
    await assertRejects(
      () => train(classifier(data, shifted({ by })(data.label).label)),
      PipelineError,
      `"shifted.label": Cannot use the label of data row ${row}: received ${received}, expected 0 to 2`,
    );
  }
  await train(classifier(data, shifted({ by: 0 })(data.label).label));
});

Deno.test("train() names the loader where a host stage is given a label outside of the classes", async () => {
  const data = trusting({ labels: [9, 8] });
  await assertRejects(
    () => train(classifier(data, shifted({ by: -7 })(data.label).label)),
    PipelineError,
    '"data.label": Cannot use the label of data row 1: received 9',
  );
});

Deno.test("predictSplit() does not mind labels that nothing reads, and refuses those it gives", async () => {
  const data = trusting({ labels: [0, 1, 2] });
  const { model } = await train(classifier(data));
  const unlabelled = classifier(trusting({ labels: [0], test: [255, 255] }));
  const { rows } = await predictSplit(unlabelled, { model });
  assertEquals(rows, 2);
  await assertRejects(
    () => predictSplit(unlabelled, { model, columns: ["data.label"] }),
    PipelineError,
    "data row 1: received 255, expected 0 to 2",
  );
});

Deno.test("train() tells what a stage's own code threw, with its path and its cause", async () => {
  const failing = defineLoader<{
    x: Tensor<readonly ["batch", 1]>;
    label: ClassLabels<"batch", 3>;
  }>()({
    name: "failing",
    kind: "loader",
    family: "loader",
    config: z.strictObject({ at: z.enum(["open", "read", "rows"]) }),
    ports: () => ({
      x: { kind: "tensor", dtype: "f32", shape: [1] },
      label: { kind: "labels", dtype: "u8", classes: 3 },
    }),
    open({ config: { at } }) {
      if (at === "open") throw new Error("no such table");
      return {
        rows: at === "rows" ? NaN : 3,
        read() {
          throw new Error("the disk is gone");
        },
      };
    },
  });
  const told = async (at: "open" | "read" | "rows") =>
    await assertRejects(() => train(classifier(failing({ at }))), PipelineError);
  const open = await told("open");
  assertStringIncludes(open.message, `Cannot open split "train": the stage's own code threw`);
  assertStringIncludes(open.message, "no such table");
  assertEquals((open.cause as Error).message, "no such table");
  assertStringIncludes((await told("read")).message, "the disk is gone");
  assertStringIncludes((await told("rows")).message, "received NaN rows");
});

Deno.test("train() refuses loaders of different numbers of rows, and speaks of one row as one", async () => {
  const data = trusting({ labels: [0] });
  const others = trusting({ labels: [0, 1, 2] });
  const error = await assertRejects(() => train(classifier(data, others.label)), PipelineError);
  assertEquals(
    error.message,
    '"trusting": Cannot read "data" and "trusting" side by side in split "train": ' +
      "received 3 rows, expected 1 row",
  );
});

Deno.test("train() opens rows in memory once, whoever wants them", async () => {
  const opened: string[] = [];
  const closed: string[] = [];
  const table = defineLoader<{ x: Tensor<readonly ["batch", 1]> }>()({
    name: "counted",
    kind: "loader",
    family: "loader",
    config: z.strictObject({ inMemory: z.boolean() }),
    ports: () => ({ x: { kind: "tensor", dtype: "f32", shape: [1] } }),
    open({ split, config: { inMemory } }) {
      if (split !== "train") return null;
      opened.push(split);
      let isOpen = true;
      return {
        rows: 40,
        inMemory,
        read(rows, { x }) {
          assert(isOpen, "closed");
          rows.forEach((row, i) => x![i] = row);
        },
        close() {
          assert(isOpen, "closed twice");
          isOpen = false;
          closed.push(split);
        },
      };
    },
  });
  const results = [];
  for (const inMemory of [true, false]) {
    const rows = table({ inMemory });
    const data = divided({ validation: 0.25, test: 0.25 })(rows);
    const features = standardize()(data.x);
    const line = dense(1)(features);
    const loss = meanSquaredError()({ predictions: line, targets: features });
    const stages = { rows, data, features, line, loss, optimizer: sgd()(backward()(loss)) };
    opened.length = closed.length = 0;
    results.push(bitsOf(await train(pipeline({ name: "shared", epochs: 2, stages }))));
    // training, the fit, validation and test
    assertEquals(opened.length, inMemory ? 1 : 4);
    assertEquals(closed.length, opened.length);
  }
  assertEquals(results[0], results[1]);
});
