/**
 * What holds for the configuration of every plugin stage: it can be written down and read back, every
 * field says what it is for, and what does not fit is refused with the path of the field.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import * as parts from "@millrace/millrace";
import { fieldsOf, type Stage, stageCallOf, stageOf, validate } from "@millrace/millrace";
import * as layers from "../../plugins/layers/mod.ts";
import * as loaders from "../../plugins/loaders/mod.ts";
import * as losses from "../../plugins/losses/mod.ts";
import * as metrics from "../../plugins/metrics/mod.ts";
import * as optimizers from "../../plugins/optimizers/mod.ts";
import * as regularizers from "../../plugins/regularizers/mod.ts";
import * as rows from "../../plugins/rows/mod.ts";
import * as transforms from "../../plugins/transforms/mod.ts";

/** A stage with options that fit; loaders are known by their handles. */
function stage(made: unknown): Stage {
  const found = stageOf(made) ?? stageCallOf(made);
  assert(found !== undefined, "expected a stage");
  return found;
}

/** What is drawn for a mixing: the stage that its configuration belongs to. */
function drawsOf(mix: ReturnType<typeof parts.cutmix>): unknown {
  const { image } = parts.cifar10({ folder: "cifar" });
  const pixels = parts.rescale()(image);
  return mix({ x: pixels, targets: pixels }).x.stage.inputs["draws"];
}

const files = { images: "images", labels: "labels" };
const frames = { sampleRate: 8000, frameLength: 400 };
const numbers = { path: "table.csv", features: ["a", "b"], targets: ["c"] } as const;

const table = parts.arrays({ x: [[1, 2]], y: [[3]] });
const images = parts.npy({ image: { file: "a.npz#x", shape: [4, 4, 1], dtype: "f32" } });

const stages: Readonly<Record<string, Stage>> = {
  add: stage(parts.add()),
  average: stage(parts.average()),
  concatenate: stage(parts.concatenate()),
  functional: stage(parts.functional((x: typeof table.x) => parts.dense(3)(x))),
  maximum: stage(parts.maximum()),
  minimum: stage(parts.minimum()),
  multiply: stage(parts.multiply()),
  residual: stage(parts.residual(parts.dense(2))),
  stopGradient: stage(parts.stopGradient()),
  subtract: stage(parts.subtract()),
  arrow: stage(parts.arrow({ ...numbers, path: "table.arrow" })),
  cifar10: stage(parts.cifar10({ folder: "cifar" })),
  cifar100: stage(parts.cifar100({ folder: "cifar" })),
  duckdb: stage(parts.duckdb({ query: "select a, b from t", features: ["a", "b"] })),
  imageFolder: stage(
    parts.imageFolder({
      folder: "pictures",
      classes: ["cat", "dog"],
      height: 8,
      width: 8,
      channels: 3,
    }),
  ),
  jsonLines: stage(parts.jsonLines({ ...numbers, columns: { v: { shape: [2] } } })),
  linearRelation: stage(parts.linearRelation({ rows: 4, features: 2, targets: 1 })),
  markedSums: stage(parts.markedSums({ rows: 4, steps: 5 })),
  moons: stage(parts.moons({ rows: 4 })),
  npy: stage(images),
  parquet: stage(parts.parquet({ ...numbers, path: "table.parquet" })),
  spirals: stage(parts.spirals({ rows: 4, classes: 2 })),
  textLines: stage(parts.textLines({ path: "text", bytes: 20 })),
  waves: stage(parts.waves({ rows: 4, steps: 5 })),
  distillationLoss: stage(parts.distillationLoss()),
  weightedSum: stage(parts.weightedSum({ weights: [1, 0.5] })),
  mix: stage(parts.mix({ weights: [0.7, 0.3] })),
  ofClasses: stage(parts.ofClasses({ labels: "label", classes: [0, 1] })),
  perColumn: stage(parts.perColumn({ x: parts.standardize() })(table)),
  binaryAccuracy: stage(parts.binaryAccuracy()),
  confusionMatrix: stage(parts.confusionMatrix({ normalize: "true" })),
  fBeta: stage(parts.fBeta({ beta: 2 })),
  meanIoU: stage(parts.meanIoU({ average: "none" })),
  perplexity: stage(parts.perplexity()),
  prAuc: stage(parts.prAuc()),
  precision: stage(parts.precision()),
  recall: stage(parts.recall()),
  rocAuc: stage(parts.rocAuc()),
  topKAccuracy: stage(parts.topKAccuracy({ k: 2 })),
  accuracy: stage(parts.accuracy()),
  adam: stage(parts.adam()),
  accumulateGradients: stage(parts.accumulateGradients(4)),
  adadelta: stage(parts.adadelta({ rho: 0.9 })),
  adagrad: stage(parts.adagrad({ initialAccumulatorValue: 0.1 })),
  adamax: stage(parts.adamax()),
  adamw: stage(parts.adamw({ excludeFromDecay: ["bias"], leastDecayRank: 2 })),
  addDecayedWeights: stage(parts.addDecayedWeights(0.1)),
  chain: stage(parts.chain(parts.clipByNorm(1), parts.adam(), parts.maxNorm(2))),
  clipByGlobalNorm: stage(parts.clipByGlobalNorm(1)),
  clipByNorm: stage(parts.clipByNorm(1)),
  clipByValue: stage(parts.clipByValue(1)),
  exponentialMovingAverage: stage(parts.exponentialMovingAverage(0.9, { warmUp: true })),
  lamb: stage(parts.lamb()),
  lion: stage(parts.lion({ weightDecay: 0.1 })),
  maxNorm: stage(parts.maxNorm(3, { parameters: ["logits"] })),
  nadam: stage(parts.nadam()),
  rmsprop: stage(parts.rmsprop({ centered: true, momentum: 0.9 })),
  scaleByAdam: stage(parts.scaleByAdam()),
  scaleByTrustRatio: stage(parts.scaleByTrustRatio()),
  arrays: stage(parts.arrays({ x: [[1, 2]], kind: { values: [0], classes: 2 } })),
  averagePool1d: stage(parts.averagePool1d()),
  averagePool2d: stage(parts.averagePool2d()),
  backward: stage(parts.backward({ parameters: ["logits"] })),
  batchNormalization: stage(parts.batchNormalization()),
  categoricalAccuracy: stage(parts.categoricalAccuracy()),
  categoricalCrossEntropy: stage(parts.categoricalCrossEntropy()),
  conv1d: stage(parts.conv1d(6, 3, { padding: "causal", dilation: 2 })),
  conv1dTranspose: stage(parts.conv1dTranspose(3, 2, { strides: 2 })),
  binaryCrossEntropy: stage(parts.binaryCrossEntropy({ classWeights: [1, 3] })),
  binaryFocalCrossEntropy: stage(parts.binaryFocalCrossEntropy({ alpha: 0.25 })),
  contrastiveLoss: stage(parts.contrastiveLoss()),
  cosineDistance: stage(parts.cosineDistance()),
  conv2d: stage(parts.conv2d(6, [3, 5], { strides: 2, padding: "same", groups: 2 })),
  conv2dTranspose: stage(parts.conv2dTranspose(3, [2, 3], { padding: "same" })),
  cropping1d: stage(parts.cropping1d([0, 2])),
  cropping2d: stage(parts.cropping2d([1, [2, 0]])),
  csv: stage(parts.csv({ ...numbers, label: { column: "d", classes: ["x", "y"] } })),
  dense: stage(parts.dense(3)),
  depthwiseConv2d: stage(parts.depthwiseConv2d(3, { depthMultiplier: 2 })),
  dropout: stage(parts.dropout(0.5)),
  elu: stage(parts.elu()),
  flatten: stage(parts.flatten()),
  gaussianNoise: stage(parts.gaussianNoise(0.5)),
  gelu: stage(parts.gelu()),
  globalAveragePool1d: stage(parts.globalAveragePool1d()),
  globalAveragePool2d: stage(parts.globalAveragePool2d({ keepDims: true })),
  globalMaxPool1d: stage(parts.globalMaxPool1d()),
  globalMaxPool2d: stage(parts.globalMaxPool2d()),
  groupNormalization: stage(parts.groupNormalization({ groups: -1 })),
  hardSigmoid: stage(parts.hardSigmoid()),
  hardSwish: stage(parts.hardSwish()),
  focalCrossEntropy: stage(parts.focalCrossEntropy()),
  hinge: stage(parts.hinge({ squared: true })),
  huber: stage(parts.huber()),
  klDivergence: stage(parts.klDivergence()),
  logCosh: stage(parts.logCosh()),
  idx: stage(parts.idx({ ...files, shape: [2, 2], classes: 3, test: files })),
  layerNormalization: stage(parts.layerNormalization({ axis: [1, 2] })),
  leakyRelu: stage(parts.leakyRelu()),
  logSoftmax: stage(parts.logSoftmax()),
  maxPool1d: stage(parts.maxPool1d(3, { strides: 2 })),
  iris: stage(parts.iris()),
  characters: stage(parts.characters({ path: "text", length: 4 })),
  embedding: stage(parts.embedding(10, 4)),
  gru: stage(parts.gru(4, { bidirectional: true })),
  learnedPositions: stage(parts.learnedPositions(8)),
  lstm: stage(parts.lstm(4, { returnSequences: true, dropout: 0.1 })),
  maxPool2d: stage(parts.maxPool2d(3, { strides: [2, 1], padding: "same" })),
  meanAbsoluteError: stage(parts.meanAbsoluteError()),
  meanAbsoluteErrorLoss: stage(parts.meanAbsoluteErrorLoss()),
  meanAbsolutePercentageError: stage(parts.meanAbsolutePercentageError()),
  meanSquaredError: stage(parts.meanSquaredError()),
  mish: stage(parts.mish()),
  mnist: stage(parts.mnist()),
  multiHeadAttention: stage(parts.multiHeadAttention(2, { headWidth: 4 })),
  oneHot: stage(parts.oneHot()),
  oneHotNumbers: stage(parts.oneHot(27)),
  permute: stage(parts.permute([2, 1])),
  prelu: stage(parts.prelu({ sharedAxes: [1] })),
  poisson: stage(parts.poisson({ predicts: "rate" })),
  paddingMask: stage(parts.paddingMask(3)),
  rSquared: stage(parts.rSquared()),
  relu: stage(parts.relu()),
  relu6: stage(parts.relu6()),
  regularize: stage(parts.regularize({ l2: 0.1 })),
  rescale: stage(parts.rescale({ scale: 0.5 })),
  reshape: stage(parts.reshape([2, -1, 1])),
  rmsNormalization: stage(parts.rmsNormalization()),
  rootMeanSquaredError: stage(parts.rootMeanSquaredError()),
  selu: stage(parts.selu()),
  sequential: stage(parts.sequential(parts.flatten(), parts.dense(2))),
  sgd: stage(parts.sgd({ momentum: 0.9, nesterov: true })),
  sigmoid: stage(parts.sigmoid()),
  silu: stage(parts.silu()),
  simpleRnn: stage(parts.simpleRnn(4)),
  sinusoidalPositions: stage(parts.sinusoidalPositions({ longest: 100 })),
  softmax: stage(parts.softmax()),
  softplus: stage(parts.softplus()),
  softsign: stage(parts.softsign()),
  sparseCategoricalCrossEntropy: stage(parts.sparseCategoricalCrossEntropy()),
  spatialDropout1d: stage(parts.spatialDropout1d(0.5)),
  spatialDropout2d: stage(parts.spatialDropout2d(0.5)),
  split: stage(parts.split({ test: 0.2, stratify: "label", folds: 3, fold: 1 })),
  soundFolder: stage(parts.soundFolder({ folder: "words", samples: 800, sampleRate: 8000 })),
  spectrogram: stage(parts.spectrogram({ frameLength: 400, power: 1 })),
  clip: stage(parts.clip({ min: 0, max: 1 })),
  impute: stage(parts.impute({ strategy: "median", indicator: true })),
  logTransform: stage(parts.logTransform()),
  melSpectrogram: stage(parts.melSpectrogram(20, { ...frames, scale: "log" })),
  mfcc: stage(parts.mfcc(13, { ...frames, mels: 20 })),
  minMax: stage(parts.minMax({ min: -1 })),
  ordinal: stage(parts.ordinal()),
  polynomialFeatures: stage(parts.polynomialFeatures({ degree: 3 })),
  quantileBins: stage(parts.quantileBins(4)),
  robust: stage(parts.robust()),
  bagOfWords: stage(parts.bagOfWords({ vocabulary: 100, ngrams: [1, 2] })),
  hashText: stage(parts.hashText(64)),
  labelEncode: stage(parts.labelEncode(["no", "yes"])),
  labelledTexts: stage(parts.labelledTexts({ path: "t.csv", classes: ["no", "yes"] })),
  tokens: stage(parts.tokens({ vocabulary: 100, length: 20, unit: "characters" })),
  cutmix: stage(drawsOf(parts.cutmix(1))),
  cutout: stage(parts.cutout(8)),
  mixup: stage(drawsOf(parts.mixup(0.2))),
  randomBrightness: stage(parts.randomBrightness(0.1)),
  randomFlip: stage(parts.randomFlip({ vertical: true })),
  randomRotation: stage(parts.randomRotation(15)),
  randomShift: stage(parts.randomShift({ height: 4, width: 4 })),
  resize: stage(parts.resize(16, 16)),
  balance: stage(parts.balance("label")),
  standardize: stage(parts.standardize()),
  syntheticClassification: stage(
    parts.syntheticClassification({ rows: 4, features: 2, classes: 2 }),
  ),
  tanh: stage(parts.tanh()),
  upSampling1d: stage(parts.upSampling1d(3)),
  upSampling2d: stage(parts.upSampling2d([2, 1], { interpolation: "bilinear" })),
  zeroPadding1d: stage(parts.zeroPadding1d()),
  zeroPadding2d: stage(parts.zeroPadding2d([1, [0, 2]])),
  tripletLoss: stage(parts.tripletLoss()),
  bucketByLength: stage(parts.bucketByLength({ boundaries: [8, 16] })),
  tokenizer: stage(parts.tokenizer({ path: "tokenizer.json", vocabulary: 30, length: 8 })),
  transformerEncoder: stage(parts.transformerEncoder(2, 8)),
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

  Deno.test(`${name}() refuses what is nothing for a field, and says which`, () => {
    for (const { name: field } of fieldsOf(definition.config)) {
      for (const value of [null, Symbol("no"), { unknown: 1 }]) {
        const result = validate(definition.config, { ...options as object, [field]: value }, name);
        assert(!result.ok, `${field} takes ${Deno.inspect(value)}`);
        const path = `${name}.${field}`;
        const issues = result.issues.filter((issue) =>
          issue.path === path || issue.path.startsWith(`${path}.`)
        );
        assert(issues.length > 0, JSON.stringify(result.issues));
        // a schema without words of its own
        for (const { message } of issues) assert(!message.includes("Invalid input"), message);
      }
    }
  });

  Deno.test(`${name}() refuses a field it does not know`, () => {
    const result = validate(definition.config, { ...options as object, unknown: 1 }, name);
    assert(!result.ok);
    assertMatch(result.issues[0]!.message, /there is no field "unknown"/);
  });
}

const families = { layers, loaders, losses, metrics, optimizers, regularizers, rows, transforms };

for (const [family, made] of Object.entries(families)) {
  Deno.test(`every part of plugins/${family} has its configuration tried`, () => {
    const names = Object.entries(made).filter(([, part]) => typeof part === "function")
      .map(([name]) => name);
    assertEquals(names.filter((name) => !(name in stages)), []);
  });
}

/** Options that do not fit: the stage, the options beside those that fit, where, and what is said. */
const wrong: readonly [keyof typeof stages, Record<string, unknown>, string, RegExp][] = [
  ["arrow", { features: [], targets: [] }, "arrow.features", /at least one column/],
  ["cifar10", { validationSize: -1 }, "cifar10.validationSize", /0 or more/],
  ["mix", { weights: [0] }, "mix.weights.0", /above 0/],
  ["mix", { rows: "none" }, "mix.rows", /"shortest", "all" or a whole number of rows/],
  ["cifar100", { folder: "" }, "cifar100.folder", /not empty/],
  ["characters", { length: 0 }, "characters.length", /1 or more/],
  ["duckdb", { query: "" }, "duckdb.query", /not empty/],
  ["imageFolder", { height: 0 }, "imageFolder.height", /1 or more/],
  ["imageFolder", { channels: 2 }, "imageFolder.channels", /1, 3/],
  ["jsonLines", { columns: { v: { shape: [0] } } }, "jsonLines.columns.v.shape.0", /1 or more/],
  ["linearRelation", { features: 0 }, "linearRelation.features", /1 or more/],
  ["markedSums", { steps: 1 }, "markedSums.steps", /2 or more/],
  ["moons", { noise: -1 }, "moons.noise", /0 or more/],
  ["npy", { arrays: {} }, "npy.arrays", /at least one/],
  ["parquet", { targets: ["a"] }, "parquet.features", /found "a" twice/],
  ["soundFolder", { folder: "" }, "soundFolder.folder", /not empty/],
  ["spirals", { classes: 0 }, "spirals.classes", /1 or more/],
  ["textLines", { bytes: 0 }, "textLines.bytes", /1 or more/],
  ["waves", { steps: 0 }, "waves.steps", /1 or more/],
  ["distillationLoss", { temperature: 0 }, "distillationLoss.temperature", /above 0/],
  ["weightedSum", { weights: [] }, "weightedSum.weights", /1 or more/],
  ["ofClasses", { perClass: 0 }, "ofClasses.perClass", /1 or more/],
  ["perColumn", { columns: {} }, "perColumn.columns", /at least one column/],
  ["embedding", { size: 0 }, "embedding.size", /1 or more/],
  ["gru", { units: 0 }, "gru.units", /1 or more/],
  ["multiHeadAttention", { heads: 0 }, "multiHeadAttention.heads", /1 or more/],
  ["transformerEncoder", { heads: 0 }, "transformerEncoder.heads", /1 or more/],
  ["fBeta", { beta: 0 }, "fBeta.beta", /above 0/],
  ["precision", { average: "mean" }, "precision.average", /"macro", "micro"/],
  ["precision", { threshold: 1 }, "precision.threshold", /below 1/],
  ["confusionMatrix", { normalize: "rows" }, "confusionMatrix.normalize", /"none", "true"/],
  ["topKAccuracy", { k: 0 }, "topKAccuracy.k", /1 or more/],
  ["regularize", { l2: 0 }, "regularize.l2", /expected l1 or l2 above 0/],
  ["regularize", { l1: -1 }, "regularize.l1", /0 or more/],
  ["adam", { beta1: 1 }, "adam.beta1", /expected a number below 1/],
  ["adam", { epsilon: 0 }, "adam.epsilon", /above 0/],
  ["adam", { learningRate: -1 }, "adam.learningRate", /0 or more/],
  ["adam", { learningRate: "fast" }, "adam.learningRate", /a number from 0 on, or a schedule/],
  ["mixup", { alpha: 0 }, "mixup.alpha", /0.01 or more/],
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
  ["averagePool2d", { padding: "full" }, "averagePool2d.padding", /"valid", "same"/],
  ["backward", { parameters: [] }, "backward.parameters", /1 or more/],
  [
    "binaryCrossEntropy",
    { labelSmoothing: 1 },
    "binaryCrossEntropy.labelSmoothing",
    /below 1/,
  ],
  [
    "binaryCrossEntropy",
    { classWeights: [-1, 1] },
    "binaryCrossEntropy.classWeights.0",
    /0 or more/,
  ],
  ["binaryFocalCrossEntropy", { gamma: -1 }, "binaryFocalCrossEntropy.gamma", /0 or more/],
  ["contrastiveLoss", { margin: 0 }, "contrastiveLoss.margin", /above 0/],
  ["huber", { delta: 0 }, "huber.delta", /above 0/],
  ["poisson", { predicts: "log" }, "poisson.predicts", /"logRate", "rate"/],
  ["tripletLoss", { margin: -1 }, "tripletLoss.margin", /above 0/],
  ["conv2d", { filters: 0 }, "conv2d.filters", /1 or more/],
  ["conv2d", { kernelSize: 0 }, "conv2d.kernelSize", /1 or more/],
  ["conv2d", { kernelSize: [3, 3, 3] }, "conv2d.kernelSize", /or two of them: height and width/],
  ["conv2d", { strides: 1.5 }, "conv2d.strides", /an integer of 1 or more/],
  ["conv2d", { dilation: [1, 0] }, "conv2d.dilation.1", /1 or more/],
  ["conv2d", { padding: "full" }, "conv2d.padding", /"valid", "same"/],
  ["conv2d", { groups: 0 }, "conv2d.groups", /1 or more/],
  ["conv2d", { groups: 4 }, "conv2d.groups", /a divisor of filters/],
  ["conv2d", { activation: "rleu" }, "conv2d.activation", /one of "linear", "relu"/],
  ["csv", { features: [], targets: [], label: undefined }, "csv.features", /at least one column/],
  ["csv", { targets: ["a"] }, "csv.features", /found "a" twice/],
  ["csv", { label: { column: "d", classes: [] } }, "csv.label.classes", /at least one class/],
  ["dense", { units: 0 }, "dense.units", /1 or more/],
  ["dense", { units: 2.5 }, "dense.units", /whole number/],
  ["dense", { activation: "rleu" }, "dense.activation", /one of "linear", "relu"/],
  ["dense", { kernelInitializer: "glorot" }, "dense.kernelInitializer", /one of "glorotNormal"/],
  ["dropout", { rate: 1 }, "dropout.rate", /below 1/],
  ["dropout", { rate: -0.1 }, "dropout.rate", /0 or more/],
  ["idx", { classes: 300 }, "idx.classes", /256 or less/],
  ["maxPool2d", { poolSize: -2 }, "maxPool2d.poolSize", /1 or more/],
  ["maxPool2d", { strides: 0 }, "maxPool2d.strides", /1 or more/],
  ["meanSquaredError", { reduction: "none" }, "meanSquaredError.reduction", /"mean", "sum"/],
  ["mnist", { validationSize: 60000 }, "mnist.validationSize", /59999 or less/],
  ["reshape", { shape: [3, 0] }, "reshape.shape.1", /a size of 1 or more, or -1/],
  ["reshape", { shape: [-1, 2, -1] }, "reshape.shape", /at most one -1/],
  ["sequential", { layers: [] }, "sequential.layers", /1 or more/],
  ["sequential", { layers: [(x: unknown) => x] }, "sequential.layers.0", /expected a layer/],
  ["sgd", { momentum: 0 }, "sgd.nesterov", /needs a momentum above 0/],
  ["sgd", { dampening: 0.1 }, "sgd.dampening", /allows no dampening/],
  ["sgd", { momentum: "much" }, "sgd.momentum", /from 0 to less than 1, or a schedule/],
  ["sgd", { momentum: 1 }, "sgd.momentum", /a number below 1/],
  ["accumulateGradients", { steps: 0 }, "accumulateGradients.steps", /1 or more/],
  ["adadelta", { rho: 1 }, "adadelta.rho", /below 1/],
  ["adagrad", { initialAccumulatorValue: -1 }, "adagrad.initialAccumulatorValue", /0 or more/],
  ["adam", { learningRate: -1 }, "adam.learningRate", /a number of 0 or more/],
  ["adamax", { epsilon: 0 }, "adamax.epsilon", /above 0/],
  ["adamw", { weightDecay: -0.1 }, "adamw.weightDecay", /0 or more/],
  ["adamw", { leastDecayRank: 0.5 }, "adamw.leastDecayRank", /whole number/],
  [
    "addDecayedWeights",
    { excludeFromDecay: [""] },
    "addDecayedWeights.excludeFromDecay.0",
    /not empty/,
  ],
  ["chain", { parts: [] }, "chain.parts", /1 or more/],
  ["chain", { parts: [parts.flatten()] }, "chain.parts.0", /a part of an optimizer/],
  ["chain", { parts: [parts.adam(), parts.clipByNorm(1)] }, "chain.parts.1", /gives, an update/],
  ["clipByGlobalNorm", { maxNorm: 0 }, "clipByGlobalNorm.maxNorm", /above 0/],
  ["clipByNorm", { maxNorm: -1 }, "clipByNorm.maxNorm", /above 0/],
  ["clipByValue", { limit: 0 }, "clipByValue.limit", /above 0/],
  ["exponentialMovingAverage", { decay: 1 }, "exponentialMovingAverage.decay", /below 1/],
  ["lamb", { beta2: 1 }, "lamb.beta2", /below 1/],
  ["lion", { beta1: -1 }, "lion.beta1", /0 or more/],
  ["maxNorm", { parameters: [] }, "maxNorm.parameters", /1 or more/],
  ["nadam", { momentumDecay: -1 }, "nadam.momentumDecay", /0 or more/],
  ["rmsprop", { momentum: 1 }, "rmsprop.momentum", /below 1/],
  ["scaleByAdam", { beta1: 1 }, "scaleByAdam.beta1", /below 1/],
  ["bucketByLength", { boundaries: [4, 4] }, "bucketByLength.boundaries", /each larger than/],
  ["clip", { min: 2 }, "clip.max", /no less than min/],
  ["impute", { strategy: "guess" }, "impute.strategy", /"mean", "median"/],
  ["logTransform", { shift: -1 }, "logTransform.shift", /0 or more/],
  ["minMax", { min: 1 }, "minMax.max", /more than min/],
  ["polynomialFeatures", { degree: 0 }, "polynomialFeatures.degree", /1 or more/],
  ["quantileBins", { bins: 1 }, "quantileBins.bins", /2 or more/],
  ["robust", { lower: 0.8 }, "robust.upper", /more than lower/],
  ["bagOfWords", { ngrams: [2, 1] }, "bagOfWords.ngrams", /the shorter run first/],
  ["hashText", { buckets: 1 }, "hashText.buckets", /2 or more/],
  ["labelEncode", { others: "skip" }, "labelEncode.others", /"fail", "class"/],
  ["labelledTexts", { classes: [] }, "labelledTexts.classes", /1 or more/],
  ["tokens", { vocabulary: 2 }, "tokens.vocabulary", /3 or more/],
  ["cutout", { size: 0 }, "cutout.size", /1 or more/],
  ["randomBrightness", { amount: -1 }, "randomBrightness.amount", /0 or more/],
  ["randomRotation", { degrees: 181 }, "randomRotation.degrees", /180 or less/],
  ["randomShift", { height: -1 }, "randomShift.height", /0 or more/],
  ["resize", { width: 0 }, "resize.width", /1 or more/],
  ["balance", { by: "" }, "balance.by", /not empty/],
  ["split", { test: 1 }, "split.test", /below 1/],
  ["split", { test: 0.5, validation: 0.5 }, "split.validation", /leave rows for training/],
  ["split", { validation: 0.2 }, "split.validation", /no share beside folds/],
  ["split", { folds: 1 }, "split.folds", /2 or more, or 0 for none/],
  ["split", { fold: 3 }, "split.fold", /a fold from 0 to 2/],
  ["split", { group: "patient" }, "split.group", /one of stratify and group/],
  ["split", { test: 0, folds: 0 }, "split.test", /a share for test or validation, or folds/],
  ["syntheticClassification", { rows: 0 }, "syntheticClassification.rows", /1 or more/],
  ["batchNormalization", { axis: 0 }, "batchNormalization.axis", /another axis than the batch/],
  ["batchNormalization", { momentum: 2 }, "batchNormalization.momentum", /1 or less/],
  ["batchNormalization", { epsilon: 0 }, "batchNormalization.epsilon", /above 0/],
  [
    "batchNormalization",
    { gammaInitializer: "one" },
    "batchNormalization.gammaInitializer",
    /or one of/,
  ],
  ["conv1d", { padding: "full" }, "conv1d.padding", /"valid", "same", "causal"/],
  ["conv1d", { groups: 4 }, "conv1d.groups", /a divisor of filters/],
  ["oneHotNumbers", { classes: 0 }, "oneHotNumbers.classes", /1 or more/],
  ["conv1d", { strides: 0 }, "conv1d.strides", /1 or more/],
  ["conv1dTranspose", { padding: "causal" }, "conv1dTranspose.padding", /"valid", "same"/],
  ["conv2dTranspose", { kernelSize: [0, 1] }, "conv2dTranspose.kernelSize.0", /1 or more/],
  ["cropping1d", { cropping: -1 }, "cropping1d.cropping", /0 or more/],
  ["cropping2d", { cropping: [1, 2, 3] }, "cropping2d.cropping", /\[rows, columns\], or/],
  ["depthwiseConv2d", { depthMultiplier: 0 }, "depthwiseConv2d.depthMultiplier", /1 or more/],
  ["elu", { alpha: -1 }, "elu.alpha", /0 or more/],
  ["gaussianNoise", { std: -1 }, "gaussianNoise.std", /0 or more/],
  ["gelu", { approximate: "tanh" }, "gelu.approximate", /true or false/],
  ["globalMaxPool2d", { keepDims: 1 }, "globalMaxPool2d.keepDims", /true or false/],
  ["groupNormalization", { groups: 0 }, "groupNormalization.groups", /1 or more, or -1/],
  ["layerNormalization", { axis: [] }, "layerNormalization.axis", /1 or more/],
  ["layerNormalization", { axis: 0.5 }, "layerNormalization.axis", /number of an axis, or/],
  ["leakyRelu", { negativeSlope: -1 }, "leakyRelu.negativeSlope", /0 or more/],
  ["maxPool1d", { poolSize: 0 }, "maxPool1d.poolSize", /1 or more/],
  ["permute", { axes: [1, 3] }, "permute.axes", /each number from 1/],
  ["prelu", { sharedAxes: [0] }, "prelu.sharedAxes.0", /1 or more/],
  ["rmsNormalization", { epsilon: -1 }, "rmsNormalization.epsilon", /above 0/],
  ["spatialDropout2d", { rate: 1 }, "spatialDropout2d.rate", /below 1/],
  ["upSampling1d", { size: 0 }, "upSampling1d.size", /1 or more/],
  [
    "upSampling2d",
    { interpolation: "cubic" },
    "upSampling2d.interpolation",
    /"nearest", "bilinear"/,
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

Deno.test("no part makes its schema before it is used: all of them are imported together", () => {
  const eager = Object.entries(stages).filter(([, { definition }]) => "_zod" in definition.config);
  assertEquals(eager.map(([name]) => name), []);
});
