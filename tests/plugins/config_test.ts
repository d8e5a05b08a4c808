/**
 * What holds for the configuration of every plugin stage: it can be written down and read back, every
 * field says what it is for, and what does not fit is refused with the path of the field.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  accuracy,
  adam,
  arrays,
  averagePool2d,
  backward,
  categoricalAccuracy,
  categoricalCrossEntropy,
  conv2d,
  csv,
  dense,
  dropout,
  fieldsOf,
  flatten,
  idx,
  maxPool2d,
  meanAbsoluteError,
  meanSquaredError,
  mnist,
  oneHot,
  relu,
  rescale,
  reshape,
  rootMeanSquaredError,
  rSquared,
  sequential,
  sgd,
  sigmoid,
  softmax,
  sparseCategoricalCrossEntropy,
  split,
  type Stage,
  stageCallOf,
  stageOf,
  standardize,
  syntheticClassification,
  tanh,
  validate,
} from "@millrace/millrace";

/** A stage with options that fit; loaders are known by their handles. */
function stage(made: unknown): Stage {
  const found = stageOf(made) ?? stageCallOf(made);
  assert(found !== undefined, "expected a stage");
  return found;
}

const files = { images: "images", labels: "labels" };
const numbers = { path: "table.csv", features: ["a", "b"], targets: ["c"] } as const;

const stages: Readonly<Record<string, Stage>> = {
  accuracy: stage(accuracy()),
  adam: stage(adam()),
  arrays: stage(arrays({ x: [[1, 2]], kind: { values: [0], classes: 2 } })),
  averagePool2d: stage(averagePool2d()),
  backward: stage(backward({ parameters: ["logits"] })),
  categoricalAccuracy: stage(categoricalAccuracy()),
  categoricalCrossEntropy: stage(categoricalCrossEntropy()),
  conv2d: stage(conv2d(6, [3, 5], { strides: 2, padding: "same", groups: 2 })),
  csv: stage(csv({ ...numbers, label: { column: "d", classes: ["x", "y"] } })),
  dense: stage(dense(3)),
  dropout: stage(dropout(0.5)),
  flatten: stage(flatten()),
  idx: stage(idx({ ...files, shape: [2, 2], classes: 3, test: files })),
  maxPool2d: stage(maxPool2d(3, { strides: [2, 1], padding: "same" })),
  meanAbsoluteError: stage(meanAbsoluteError()),
  meanSquaredError: stage(meanSquaredError()),
  mnist: stage(mnist()),
  oneHot: stage(oneHot()),
  rSquared: stage(rSquared()),
  relu: stage(relu()),
  rescale: stage(rescale({ scale: 0.5 })),
  reshape: stage(reshape([2, -1, 1])),
  rootMeanSquaredError: stage(rootMeanSquaredError()),
  sequential: stage(sequential(flatten(), dense(2))),
  sgd: stage(sgd({ momentum: 0.9, nesterov: true })),
  sigmoid: stage(sigmoid()),
  softmax: stage(softmax()),
  sparseCategoricalCrossEntropy: stage(sparseCategoricalCrossEntropy()),
  split: stage(split({ test: 0.2, stratify: "label", folds: 3, fold: 1 })),
  standardize: stage(standardize()),
  syntheticClassification: stage(
    syntheticClassification({ rows: 4, features: 2, classes: 2 }),
  ),
  tanh: stage(tanh()),
};

for (const [name, { definition, options }] of Object.entries(stages)) {
  Deno.test(`${name}() fills its configuration, and reads it back the same`, () => {
    assertEquals(definition.name, name);
    const first = validate(definition.config, options, name);
    assert(first.ok);
    const second = validate(definition.config, first.config, name);
    assert(second.ok);
    assertEquals(second.config, first.config);
  });

  Deno.test(`${name}() says what each field is for`, () => {
    const fields = fieldsOf(definition.config);
    const written = Object.keys(options as Record<string, unknown>);
    for (const field of written) assert(fields.some((known) => known.name === field), field);
    for (const field of fields) assert(field.description !== undefined, field.name);
  });

  Deno.test(`${name}() refuses a field it does not know`, () => {
    const result = validate(definition.config, { ...options as object, unknown: 1 }, name);
    assert(!result.ok);
    assertMatch(result.issues[0]!.message, /there is no field "unknown"/);
  });
}

/** Options that do not fit: the stage, the options beside those that fit, where, and what is said. */
const wrong: readonly [keyof typeof stages, Record<string, unknown>, string, RegExp][] = [
  ["adam", { beta1: 1 }, "adam.beta1", /expected number <1/],
  ["adam", { epsilon: 0 }, "adam.epsilon", />0/],
  ["adam", { learningRate: -1 }, "adam.learningRate", />=0/],
  ["adam", { learningRate: "fast" }, "adam.learningRate", /a number from 0 on, or a schedule/],
  ["arrays", { train: [[1]] }, "arrays.train", /expected columns by name/],
  [
    "arrays",
    { train: { x: [[1, 2], [3]] } },
    "arrays.train.x",
    /row 2: found 1 number, expected 2/,
  ],
  ["arrays", { train: { x: [] } }, "arrays.train.x", /expected at least one row/],
  ["arrays", { train: { x: [["1"]] } }, "arrays.train.x", /row 1: found "1", expected a number/],
  [
    "arrays",
    { train: { x: [[1]], y: [[1], [2]] } },
    "arrays.train.y",
    /found 2 rows, expected 1 as in "x"/,
  ],
  [
    "arrays",
    { train: { kind: { values: [0, 3], classes: 3 } } },
    "arrays.train.kind",
    /row 2: found 3, expected a class number from 0 to 2/,
  ],
  ["arrays", { test: { x: [[1, 2]] } }, "arrays.test.kind", /the column is missing/],
  [
    "arrays",
    { test: { x: [[1]], kind: [0] } },
    "arrays.test.x",
    /row 1: found 1 number, expected 2/,
  ],
  ["averagePool2d", { padding: "full" }, "averagePool2d.padding", /"valid"\|"same"/],
  ["backward", { parameters: [] }, "backward.parameters", />=1/],
  ["conv2d", { filters: 0 }, "conv2d.filters", />=1/],
  ["conv2d", { kernelSize: 0 }, "conv2d.kernelSize", />=1/],
  ["conv2d", { kernelSize: [3, 3, 3] }, "conv2d.kernelSize", /or two of them: height and width/],
  ["conv2d", { strides: 1.5 }, "conv2d.strides", /an integer of 1 or more/],
  ["conv2d", { dilation: [1, 0] }, "conv2d.dilation.1", />=1/],
  ["conv2d", { padding: "full" }, "conv2d.padding", /"valid"\|"same"/],
  ["conv2d", { groups: 0 }, "conv2d.groups", />=1/],
  ["conv2d", { groups: 4 }, "conv2d.groups", /a divisor of filters/],
  ["conv2d", { activation: "rleu" }, "conv2d.activation", /one of "linear", "relu"/],
  ["csv", { features: [] }, "csv.features", /at least one column/],
  ["csv", { targets: ["a"] }, "csv.features", /found "a" twice/],
  ["csv", { label: { column: "d", classes: [] } }, "csv.label.classes", /at least one class/],
  ["dense", { units: 0 }, "dense.units", />=1/],
  ["dense", { units: 2.5 }, "dense.units", /int/],
  ["dense", { activation: "rleu" }, "dense.activation", /one of "linear", "relu"/],
  ["dense", { kernelInitializer: "glorot" }, "dense.kernelInitializer", /one of "glorotNormal"/],
  ["dropout", { rate: 1 }, "dropout.rate", /<1/],
  ["dropout", { rate: -0.1 }, "dropout.rate", />=0/],
  ["idx", { classes: 300 }, "idx.classes", /<=256/],
  ["maxPool2d", { poolSize: -2 }, "maxPool2d.poolSize", />=1/],
  ["maxPool2d", { strides: 0 }, "maxPool2d.strides", />=1/],
  ["meanSquaredError", { reduction: "none" }, "meanSquaredError.reduction", /"mean"\|"sum"/],
  ["mnist", { validationSize: 60000 }, "mnist.validationSize", /<=59999/],
  ["reshape", { shape: [3, 0] }, "reshape.shape.1", /a size of 1 or more, or -1/],
  ["reshape", { shape: [-1, 2, -1] }, "reshape.shape", /at most one -1/],
  ["sequential", { layers: [] }, "sequential.layers", />=1/],
  ["sequential", { layers: [(x: unknown) => x] }, "sequential.layers.0", /expected a layer/],
  ["sgd", { momentum: 0 }, "sgd.nesterov", /needs a momentum above 0/],
  ["split", { test: 1 }, "split.test", /<1/],
  ["split", { test: 0.5, validation: 0.5 }, "split.validation", /leave rows for training/],
  ["split", { validation: 0.2 }, "split.validation", /no share beside folds/],
  ["split", { folds: 1 }, "split.folds", /2 or more, or 0 for none/],
  ["split", { fold: 3 }, "split.fold", /a fold from 0 to 2/],
  ["split", { group: "patient" }, "split.group", /one of stratify and group/],
  ["split", { test: 0, folds: 0 }, "split.test", /a share for test or validation, or folds/],
  ["syntheticClassification", { rows: 0 }, "syntheticClassification.rows", />=1/],
];

for (const [name, options, path, message] of wrong) {
  Deno.test(`${name}() refuses ${Deno.inspect(options, { compact: true })}`, () => {
    const { definition, options: fitting } = stages[name]!;
    const result = validate(definition.config, { ...fitting as object, ...options }, name);
    assert(!result.ok);
    const issue = result.issues.find((issue) => issue.path === path);
    assert(issue !== undefined, `received ${JSON.stringify(result.issues)}`);
    assertEquals(issue.code, "config");
    assertMatch(`${issue.message}: expected ${issue.expected}`, message);
  });
}
