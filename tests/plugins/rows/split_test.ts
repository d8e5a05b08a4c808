import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  type AnyTensor,
  arrays,
  backward,
  balance,
  csv,
  dense,
  meanSquaredError,
  mix,
  type Pipeline,
  pipeline,
  PipelineError,
  predictSplit,
  printPipeline,
  sgd,
  type Split,
  split,
  type SplitOptions,
  standardize,
  train,
  type TrainedModel,
} from "@millrace/millrace";
import { check } from "../../../core/check/mod.ts";
import { inFolder } from "../../support/runs.ts";

/** Ten rows that know their number, with a class, and a test split of the loader's own. */
function numbered(options: SplitOptions): Pipeline {
  const table = arrays({
    id: Array.from({ length: 10 }, (_, i) => [i]),
    pair: Array.from({ length: 10 }, (_, i) => [i, Math.floor(i / 2)]),
    kind: { values: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1], classes: ["even", "odd"] },
  }, { test: { id: [[100]], pair: [[100, 100]], kind: [0] } });
  const data = split(options)(table);
  const features = standardize()(data.id);
  const line = dense(1)(features);
  const loss = meanSquaredError()({ predictions: line, targets: data.id });
  const optimizer = sgd()(backward()(loss));
  return pipeline({
    name: "numbered",
    batchSize: 4,
    stages: { table, data, features, line, loss, optimizer },
  });
}

async function idsOf(
  declared: Pipeline,
  { model, part }: { readonly model: TrainedModel; readonly part: Split },
): Promise<number[]> {
  const { columns } = await predictSplit(declared, {
    model,
    split: part,
    device: "reference",
    output: "line",
    columns: ["data.id"],
  });
  return [...columns["data.id"]!.data];
}

/** The rows of every split, by their numbers. */
async function splitsOf(options: SplitOptions): Promise<Record<Split, number[]>> {
  const declared = numbered(options);
  const { model } = await train(declared, { device: "reference" });
  const of = async (part: Split) =>
    await idsOf(declared, { model, part }).catch((error: Error) => {
      assertStringIncludes(error.message, `the loader has no split "${part}"`);
      return [];
    });
  return { train: await of("train"), validation: await of("validation"), test: await of("test") };
}

Deno.test("split() divides the training rows of a loader, and the rest goes on as before", async () => {
  const { train, validation, test } = await splitsOf({ test: 0.2, validation: 0.3 });
  assertEquals([train.length, validation.length, test.length], [5, 3, 2]);
  assertEquals([...train, ...validation, ...test].sort((a, b) => a - b), [...Array(10).keys()]);
});

Deno.test("split() leaves the loader its own splits where it makes none", async () => {
  const { train, validation, test } = await splitsOf({ validation: 0.3 });
  assertEquals([train.length, validation.length], [7, 3]);
  assertEquals(test, [100]);
});

Deno.test("split() stratifies by labels, groups by a column, and divides by time", async () => {
  const strata = await splitsOf({ test: 0.4, stratify: "kind" });
  assertEquals(strata.test.filter((id) => id % 2 === 0).length, 2);
  const groups = await splitsOf({ test: 0.4, group: "pair.1" }).catch((error) => error);
  assertStringIncludes(groups.message, 'Cannot find the column "pair.1"');
  const times = await splitsOf({ test: 0.2, validation: 0.1, time: "id" });
  assertEquals(times, { train: [0, 1, 2, 3, 4, 5, 6], validation: [7], test: [8, 9] });
});

/** Rows with a time in text, of which the later half is the test split. */
async function laterOf(times: readonly string[]): Promise<number[]> {
  const lines = ["when,id", ...times.map((time, i) => `${time},${i}`)];
  return await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.csv`, lines.join("\n"));
    const table = csv({
      path: `${folder}/a.csv`,
      features: ["id"],
      columns: { when: { text: 40 } },
    });
    const data = split({ test: 0.5, time: "when" })(table);
    const line = dense(1)(data.features);
    const loss = meanSquaredError()({ predictions: line, targets: data.features });
    const optimizer = sgd({ learningRate: 1e-9 })(backward()(loss));
    const declared = pipeline({ name: "dates", stages: { table, data, line, loss, optimizer } });
    const { model } = await train(declared, { device: "reference" });
    const { columns } = await predictSplit(declared, {
      model,
      split: "test",
      device: "reference",
      output: "line",
      columns: ["data.features"],
    });
    return [...columns["data.features"]!.data];
  });
}

Deno.test("split() divides by dates in text, and refuses what is no time", async () => {
  assertEquals(await laterOf(["2021-05-01", "2020-12-31", "2022", "2020-01"]), [0, 2]);
  assertEquals(
    await laterOf([
      "2020-01-01T12:00+02:00",
      "2020-01-01 11:00",
      "2020-01-01T10:30:00.5Z",
      "2020-01-01T10:30",
    ]),
    [2, 1],
  );
  const refused = async (times: readonly string[], message: string) =>
    await assertRejects(() => laterOf(times), PipelineError, message);
  await refused(
    ["2020-01-01", "05.01.2020"],
    'Cannot divide rows by time: row 2 has no time in "when": received "05.01.2020", expected a date, ' +
      "as 2020-01-31 or 2020-01-31T12:30:00Z",
  );
  await refused(["2020-13-01", "2020-01-01"], 'received "2020-13-01"');
  await assertRejects(
    () => splitsOf({ test: 0.2, time: "kind" }),
    PipelineError,
    'Cannot order rows by "kind": received classes, expected numbers, or dates in text',
  );
  const table = arrays({ x: [[1], [NaN]] });
  const data = split({ test: 0.5, time: "x" })(table);
  const loss = meanSquaredError()({ predictions: dense(1)(data.x), targets: data.x });
  const stages = { table, data, loss, optimizer: sgd()(backward()(loss)) };
  const error = await assertRejects(
    () => train(pipeline({ name: "times", stages }), { device: "reference" }),
    PipelineError,
    'Cannot divide rows by time: row 2 has no time in "x": received NaN, expected a number',
  );
  assertStringIncludes(error.message, "hint: leave out rows without a time");
});

Deno.test("split() refuses to stratify by what most rows have alone", async () => {
  const error = await assertRejects(
    () => splitsOf({ test: 0.2, stratify: "id" }),
    PipelineError,
    'Cannot stratify by "id": most rows have a value of their own: received 10 such rows of 10, ' +
      "expected few values, each of several rows",
  );
  assertStringIncludes(error.message, "hint: stratify by a column of classes");
});

Deno.test("split() makes every row validate once in the folds", async () => {
  const seen: number[] = [];
  for (let fold = 0; fold < 5; fold++) {
    const { train, validation } = await splitsOf({ folds: 5, fold, seed: 3 });
    assertEquals([train.length, validation.length], [8, 2]);
    seen.push(...validation);
  }
  assertEquals(seen.sort((a, b) => a - b), [...Array(10).keys()]);
});

Deno.test("split() keeps what is fitted from seeing other rows than those that train", async () => {
  const declared = numbered({ test: 0.5, time: "id" });
  const { model } = await train(declared, { device: "reference" });
  assertEquals([...model.tensors["features.mean"]!.data], [2]);
});

Deno.test("split() is chosen by its own seed, not by the run's", async () => {
  const declared = numbered({ test: 0.3 });
  const { model } = await train(declared, { device: "reference", set: { seed: 5 } });
  const test = await idsOf(declared, { model, part: "test" });
  assertEquals((await splitsOf({ test: 0.3 })).test, test);
});

Deno.test("split() is printed as a stage that reads its loader", () => {
  assertStringIncludes(
    printPipeline(numbered({ test: 0.5, seed: 2 })),
    "data       split(test: 0.5, seed: 2)  table\n",
  );
});

Deno.test("split() says which columns there are, before any data is read", () => {
  const told = (options: SplitOptions) =>
    assertThrows(() => check(numbered(options)), PipelineError).message;
  assertStringIncludes(
    told({ test: 0.2, stratify: "kinds" }),
    '"data": Cannot find the column "kinds": did you mean "kind"?',
  );
  assertStringIncludes(
    told({ test: 0.2, group: "pair" }),
    'Cannot use "pair" as one column: it has 2 numbers a row',
  );
});

Deno.test("split() reads loaders, and nothing else", () => {
  const table = arrays({ x: [[1], [2]] });
  const line = dense(1)(table.x);
  const data = split({ test: 0.5 })(line as never) as typeof table;
  const message = assertThrows(
    () => check(pipeline({ name: "wrong", stages: { line, y: dense(1)(data.x) } })),
    PipelineError,
  ).message;
  assertStringIncludes(message, 'Cannot read the rows of "line": it is no loader');
});

Deno.test("split() refuses a split that no row is left for", async () => {
  const error = await assertRejects(
    () => train(numbered({ test: 0.01 }), { device: "reference" }),
    PipelineError,
    "Cannot make the test split: no row is left for it: received 10 rows",
  );
  assertStringIncludes(error.message, "change the shares, or give more rows");
});

Deno.test("split() is refused behind stages that repeat rows, and not before them", () => {
  const table = () => arrays({ x: [[1], [2], [3]], kind: { values: [0, 0, 1], classes: 2 } });
  const checked = (data: { readonly x: AnyTensor }) =>
    check(pipeline({ name: "rows", stages: { scores: dense(1)(data.x) } }));
  const divide = split({ test: 0.5 });
  const message = (data: () => { readonly x: AnyTensor }) =>
    assertThrows(() => checked(data()), PipelineError).message;
  const said = 'Cannot divide the rows of "balance": it repeats some, ' +
    "and copies of one row would come into several splits";
  assertStringIncludes(message(() => divide(balance("kind")(table()))), said);
  assertStringIncludes(
    message(() => divide(balance("kind")(table()))),
    "hint: put balance behind split",
  );
  assertStringIncludes(
    message(() => divide(mix({ weights: [1, 1], rows: "all" })([table(), table()]))),
    'Cannot divide the rows of "mix"',
  );
  checked(divide(mix({ weights: [1, 1] })([table(), table()])));
  checked(balance("kind")(divide(table())));
});

Deno.test("split() is refused behind stages that read one loader twice", () => {
  const table = arrays({ x: [[1], [2], [3]] });
  const both = mix({ weights: [1, 1] });
  const other = arrays({ x: [[4]] });
  for (const twice of [both([table, table]), both([both([table, other]), table])]) {
    const scores = dense(1)(split({ test: 0.5 })(twice).x);
    const error = assertThrows(
      () => check(pipeline({ name: "rows", stages: { table, twice, scores } })),
      PipelineError,
      'Cannot divide the rows of "twice": it reads "table" twice, and copies of one row would come ' +
        "into several splits",
    );
    assertStringIncludes(error.message, "hint: put mix behind split");
  }
});

Deno.test("split() is refused where rows that it sets apart are read beside it", () => {
  const table = arrays({ x: [[1], [2], [3], [4]] });
  const both = mix({ weights: [1, 1] });
  const [one, two] = [split({ test: 0.5 })(table), split({ test: 0.5, seed: 1 })(table)];
  const checked = (data: typeof table) =>
    check(pipeline({ name: "rows", stages: { table, one, two, scores: dense(1)(data.x) } }));
  const refused = (data: typeof table, ways: string) => {
    const error = assertThrows(
      () => checked(data),
      PipelineError,
      `Cannot read "table" in two ways, ${ways}: rows that one sets apart would be training rows ` +
        "of the other",
    );
    assertStringIncludes(
      error.message,
      'hint: divide "table" once, and read the stage that does so each time',
    );
  };
  refused(both([one, table]), 'divided by "one" and whole');
  refused(both([one, two]), 'divided by "one" and divided by "two"');
  checked(both([one, one]));
});
