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
  averagePool1d,
  averagePool2d,
  backward,
  batchNormalization,
  categoricalAccuracy,
  categoricalCrossEntropy,
  conv1d,
  conv1dTranspose,
  conv2d,
  conv2dTranspose,
  cropping1d,
  cropping2d,
  csv,
  dense,
  depthwiseConv2d,
  dropout,
  elu,
  fieldsOf,
  flatten,
  gaussianNoise,
  gelu,
  globalAveragePool1d,
  globalAveragePool2d,
  globalMaxPool1d,
  globalMaxPool2d,
  groupNormalization,
  hardSigmoid,
  hardSwish,
  idx,
  iris,
  layerNormalization,
  leakyRelu,
  logSoftmax,
  maxPool1d,
  maxPool2d,
  meanAbsoluteError,
  meanSquaredError,
  mish,
  mnist,
  oneHot,
  permute,
  prelu,
  relu,
  relu6,
  rescale,
  reshape,
  rmsNormalization,
  rootMeanSquaredError,
  rSquared,
  selu,
  sequential,
  sgd,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  sparseCategoricalCrossEntropy,
  spatialDropout1d,
  spatialDropout2d,
  split,
  type Stage,
  stageCallOf,
  stageOf,
  standardize,
  syntheticClassification,
  tanh,
  upSampling1d,
  upSampling2d,
  validate,
  zeroPadding1d,
  zeroPadding2d,
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
  averagePool1d: stage(averagePool1d()),
  averagePool2d: stage(averagePool2d()),
  backward: stage(backward({ parameters: ["logits"] })),
  batchNormalization: stage(batchNormalization()),
  categoricalAccuracy: stage(categoricalAccuracy()),
  categoricalCrossEntropy: stage(categoricalCrossEntropy()),
  conv1d: stage(conv1d(6, 3, { padding: "causal", dilation: 2 })),
  conv1dTranspose: stage(conv1dTranspose(3, 2, { strides: 2 })),
  conv2d: stage(conv2d(6, [3, 5], { strides: 2, padding: "same", groups: 2 })),
  conv2dTranspose: stage(conv2dTranspose(3, [2, 3], { padding: "same" })),
  cropping1d: stage(cropping1d([0, 2])),
  cropping2d: stage(cropping2d([1, [2, 0]])),
  csv: stage(csv({ ...numbers, label: { column: "d", classes: ["x", "y"] } })),
  dense: stage(dense(3)),
  depthwiseConv2d: stage(depthwiseConv2d(3, { depthMultiplier: 2 })),
  dropout: stage(dropout(0.5)),
  elu: stage(elu()),
  flatten: stage(flatten()),
  gaussianNoise: stage(gaussianNoise(0.5)),
  gelu: stage(gelu()),
  globalAveragePool1d: stage(globalAveragePool1d()),
  globalAveragePool2d: stage(globalAveragePool2d({ keepDims: true })),
  globalMaxPool1d: stage(globalMaxPool1d()),
  globalMaxPool2d: stage(globalMaxPool2d()),
  groupNormalization: stage(groupNormalization({ groups: -1 })),
  hardSigmoid: stage(hardSigmoid()),
  hardSwish: stage(hardSwish()),
  idx: stage(idx({ ...files, shape: [2, 2], classes: 3, test: files })),
  layerNormalization: stage(layerNormalization({ axis: [1, 2] })),
  leakyRelu: stage(leakyRelu()),
  logSoftmax: stage(logSoftmax()),
  maxPool1d: stage(maxPool1d(3, { strides: 2 })),
  iris: stage(iris()),
  maxPool2d: stage(maxPool2d(3, { strides: [2, 1], padding: "same" })),
  meanAbsoluteError: stage(meanAbsoluteError()),
  meanSquaredError: stage(meanSquaredError()),
  mish: stage(mish()),
  mnist: stage(mnist()),
  oneHot: stage(oneHot()),
  permute: stage(permute([2, 1])),
  prelu: stage(prelu({ sharedAxes: [1] })),
  rSquared: stage(rSquared()),
  relu: stage(relu()),
  relu6: stage(relu6()),
  rescale: stage(rescale({ scale: 0.5 })),
  reshape: stage(reshape([2, -1, 1])),
  rmsNormalization: stage(rmsNormalization()),
  rootMeanSquaredError: stage(rootMeanSquaredError()),
  selu: stage(selu()),
  sequential: stage(sequential(flatten(), dense(2))),
  sgd: stage(sgd({ momentum: 0.9, nesterov: true })),
  sigmoid: stage(sigmoid()),
  silu: stage(silu()),
  softmax: stage(softmax()),
  softplus: stage(softplus()),
  softsign: stage(softsign()),
  sparseCategoricalCrossEntropy: stage(sparseCategoricalCrossEntropy()),
  spatialDropout1d: stage(spatialDropout1d(0.5)),
  spatialDropout2d: stage(spatialDropout2d(0.5)),
  split: stage(split({ test: 0.2, stratify: "label", folds: 3, fold: 1 })),
  standardize: stage(standardize()),
  syntheticClassification: stage(
    syntheticClassification({ rows: 4, features: 2, classes: 2 }),
  ),
  tanh: stage(tanh()),
  upSampling1d: stage(upSampling1d(3)),
  upSampling2d: stage(upSampling2d([2, 1], { interpolation: "bilinear" })),
  zeroPadding1d: stage(zeroPadding1d()),
  zeroPadding2d: stage(zeroPadding2d([1, [0, 2]])),
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
  ["batchNormalization", { axis: 0 }, "batchNormalization.axis", /another axis than the batch/],
  ["batchNormalization", { momentum: 2 }, "batchNormalization.momentum", /<=1/],
  ["batchNormalization", { epsilon: 0 }, "batchNormalization.epsilon", />0/],
  [
    "batchNormalization",
    { gammaInitializer: "one" },
    "batchNormalization.gammaInitializer",
    /or one of/,
  ],
  ["conv1d", { padding: "full" }, "conv1d.padding", /"valid"\|"same"\|"causal"/],
  ["conv1d", { groups: 4 }, "conv1d.groups", /a divisor of filters/],
  ["conv1d", { strides: 0 }, "conv1d.strides", />=1/],
  ["conv1dTranspose", { padding: "causal" }, "conv1dTranspose.padding", /"valid"\|"same"/],
  ["conv2dTranspose", { kernelSize: [0, 1] }, "conv2dTranspose.kernelSize.0", />=1/],
  ["cropping1d", { cropping: -1 }, "cropping1d.cropping", />=0/],
  ["cropping2d", { cropping: [1, 2, 3] }, "cropping2d.cropping", /\[rows, columns\], or/],
  ["depthwiseConv2d", { depthMultiplier: 0 }, "depthwiseConv2d.depthMultiplier", />=1/],
  ["elu", { alpha: -1 }, "elu.alpha", />=0/],
  ["gaussianNoise", { std: -1 }, "gaussianNoise.std", />=0/],
  ["gelu", { approximate: "tanh" }, "gelu.approximate", /boolean/],
  ["globalMaxPool2d", { keepDims: 1 }, "globalMaxPool2d.keepDims", /boolean/],
  ["groupNormalization", { groups: 0 }, "groupNormalization.groups", /1 or more, or -1/],
  ["layerNormalization", { axis: [] }, "layerNormalization.axis", />=1/],
  ["layerNormalization", { axis: 0.5 }, "layerNormalization.axis", /number of an axis, or/],
  ["leakyRelu", { negativeSlope: -1 }, "leakyRelu.negativeSlope", />=0/],
  ["maxPool1d", { poolSize: 0 }, "maxPool1d.poolSize", />=1/],
  ["permute", { axes: [1, 3] }, "permute.axes", /each number from 1/],
  ["prelu", { sharedAxes: [0] }, "prelu.sharedAxes.0", />=1/],
  ["rmsNormalization", { epsilon: -1 }, "rmsNormalization.epsilon", />0/],
  ["spatialDropout2d", { rate: 1 }, "spatialDropout2d.rate", /<1/],
  ["upSampling1d", { size: 0 }, "upSampling1d.size", />=1/],
  [
    "upSampling2d",
    { interpolation: "cubic" },
    "upSampling2d.interpolation",
    /"nearest"\|"bilinear"/,
  ],
  ["zeroPadding1d", { padding: [1] }, "zeroPadding1d.padding", /in front and behind/],
  ["zeroPadding2d", { padding: [1, [2]] }, "zeroPadding2d.padding", /\[rows, columns\], or/],
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
