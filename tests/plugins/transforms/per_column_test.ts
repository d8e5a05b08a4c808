import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  arrays,
  backward,
  cifar10,
  csv,
  dense,
  explain,
  impute,
  logTransform,
  meanSquaredError,
  oneHot,
  ordinal,
  perColumn,
  pipeline,
  PipelineError,
  polynomialFeatures,
  predict,
  predictSplit,
  printSummary,
  quantileBins,
  rescale,
  saveModel,
  sgd,
  standardize,
  summarize,
  train,
} from "@millrace/millrace";
import { assertClose, readGolden } from "../../golden/golden.ts";
import { check } from "../../../core/check/mod.ts";
import { withFiles } from "../../support/loaders.ts";

interface Golden {
  readonly csv: string;
  readonly names: readonly string[];
  readonly output: { readonly shape: readonly number[]; readonly data: readonly number[] };
}

const device = "reference";

function people(path: string) {
  const table = csv({
    path,
    missing: "nan",
    features: ["width", "height"],
    columns: { age: "number", fare: "number", sex: { classes: ["female", "male"] } },
  });
  const x = perColumn({
    age: [impute({ strategy: "median" }), standardize()],
    sex: oneHot(),
    fare: "pass",
    features: polynomialFeatures({ degree: 2 }),
  })(table);
  const line = dense(1)(x);
  const loss = meanSquaredError()({ predictions: line, targets: table.fare });
  const optimizer = sgd({ learningRate: 1e-6 })(backward()(loss));
  const stages = { table, x, line, loss, optimizer };
  return pipeline({ name: "people", batchSize: 4, shuffle: false, stages });
}

Deno.test("perColumn() gives the columns and names of scikit-learn's ColumnTransformer", async () => {
  const [golden] = await readGolden<Golden>("per_column") as [Golden];
  await withFiles({ "a.csv": golden.csv }, async (folder) => {
    const made = people(`${folder}/a.csv`);
    const { model } = await train(made, { device });
    const options = { device, output: "x", split: "train", model } as const;
    const { values, names } = await predictSplit(made, options);
    assertEquals(names, golden.names);
    assertEquals(values.shape, golden.output.shape);
    assertClose(values.data, golden.output.data, { tolerance: 1e-6 });
    assertEquals(
      Object.keys(model.tensors).filter((path) => path.startsWith("x.")),
      ["x.age_impute.fill", "x.age_standardize.mean", "x.age_standardize.std"],
    );
    // what it was fitted to goes with the model
    await saveModel(`${folder}/model.safetensors`, model);
    const number = (data: number) => ({
      dtype: "f32" as const,
      shape: [1, 1],
      data: Float32Array.of(data),
    });
    const { values: one } = await predict(made, {
      device,
      output: "x",
      model: `${folder}/model.safetensors`,
      records: {
        "table.age": number(NaN),
        "table.fare": number(3),
        "table.sex": { dtype: "u8", shape: [1], data: Uint8Array.of(1) },
        "table.features": { dtype: "f32", shape: [1, 2], data: Float32Array.of(2, -1) },
      },
    });
    assertEquals([...one.data.slice(1)], [0, 1, 3, 2, -1, 4, -2, 1]);
    assertEquals(one.data[0], values.data[golden.names.length]);
  });
});

Deno.test("perColumn() has its names in summary, explain, and the error of a value that is NaN", async () => {
  const [golden] = await readGolden<Golden>("per_column") as [Golden];
  await withFiles({ "a.csv": golden.csv }, async (folder) => {
    const made = people(`${folder}/a.csv`);
    const shown =
      "columns age, sex_female, sex_male, fare, width, height, width^2, width height, height^2";
    assertStringIncludes(printSummary(summarize(made)), shown);
    assertEquals(summarize(made).layers[0]!.columns, golden.names);
    assertStringIncludes(await explain(made), shown.slice(0, 60));
    const table = csv({
      path: `${folder}/a.csv`,
      missing: "nan",
      columns: { age: "number", fare: "number" },
    });
    const x = perColumn({ fare: standardize(), age: "pass" })(table);
    const line = dense(1)(x);
    const loss = meanSquaredError()({ predictions: line, targets: table.fare });
    const optimizer = sgd()(backward()(loss));
    const broken = pipeline({ name: "broken", stages: { table, x, line, loss, optimizer } });
    const error = await assertRejects(() => train(broken, { device }), PipelineError);
    assertStringIncludes(error.message, '"table.age": Cannot go on after step 1');
    assertStringIncludes(error.message, 'in column "age"');
  });
});

Deno.test("perColumn() names what transforms add", () => {
  const table = arrays({
    "long name": [[1], [2]],
    pair: [[1, 2], [3, 4]],
    kind: { values: [0, 1], classes: ["a", "b"] },
  });
  const x = perColumn({
    "long name": [impute({ indicator: true }), logTransform()],
    pair: quantileBins(2, { encode: "oneHot" }),
    kind: ordinal(),
  })(table);
  const { layers: [layer] } = summarize(pipeline({ name: "names", stages: { table, x } }));
  assertEquals(layer!.columns, [
    "long name_0",
    "long name_1",
    ...[0, 1, 2, 3].map((i) => `pair_${i}`),
    "kind",
  ]);
  assertEquals(layer!.children.map(({ path }) => path), [
    "x.long_name_impute",
    "x.long_name_logTransform",
    "x.pair",
    "x.kind",
  ]);
});

Deno.test("perColumn() refuses columns that cannot be joined, and what is no transform", () => {
  const table = { x: arrays({ x: [[1]] }).x, image: cifar10({ folder: "no/such" }).image };
  const messages = (x: unknown) => {
    const made = pipeline({ name: "p", stages: { table, x } as never });
    return assertThrows(() => check(made), PipelineError).message;
  };
  assertStringIncludes(
    messages(perColumn({ image: rescale(), x: "pass" })(table)),
    'Cannot join the column "image": received f32[32, 32, 32, 3], expected f32 of 2 axes, as flatten()',
  );
  assertStringIncludes(
    messages(perColumn({ x: "stay" as "pass" })(table)),
    'expected a transform, a list of them, or "pass"',
  );
  assertStringIncludes(messages(perColumn({})({})), "expected at least one column");
  assertStringIncludes(messages(perColumn({ y: standardize() })(table as never)), '"x.y"');
  // @ts-expect-error numbers are no labels
  const wrong = perColumn({ x: oneHot() })(table);
  assertStringIncludes(messages(wrong), "received tensor, expected labels");
  // @ts-expect-error there is no such column
  perColumn({ y: "pass" })(table);
});
