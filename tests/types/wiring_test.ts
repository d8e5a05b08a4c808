/**
 * Wrong wiring does not compile. Each `@ts-expect-error` is an error that the types must give; were it
 * ever to compile, `deno check` would fail on the unused directive. Positive cases are beside them.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  accuracy,
  adam,
  add,
  arrays,
  average,
  averagePool2d,
  backward,
  binaryCrossEntropy,
  categoricalAccuracy,
  categoricalCrossEntropy,
  type ClassLabels,
  concatenate,
  confusionMatrix,
  conv2d,
  dense,
  type Dim,
  dropout,
  type DType,
  flatten,
  freeze,
  functional,
  hinge,
  type Loss,
  maximum,
  maxPool2d,
  meanAbsoluteError,
  meanIoU,
  meanSquaredError,
  type Metric,
  minimum,
  multiply,
  oneHot,
  type ParameterUpdate,
  pipeline,
  precision,
  regularize,
  relu,
  rescale,
  reshape,
  residual,
  rocAuc,
  sequential,
  sgd,
  softmax,
  sparseCategoricalCrossEntropy,
  standardize,
  subtract,
  syntheticClassification,
  type Tensor,
  type Text,
  tripletLoss,
  weightedSum,
} from "@millrace/millrace";

/** Handles of given types: only types matter here, so that the same one serves for all. */
declare function tensor<const S extends readonly Dim[], D extends DType = "f32">(): Tensor<S, D>;
declare function labels<C extends number>(): ClassLabels<"batch", C>;

/** Holds when two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

/** Compiles when the type argument is `true`. */
function holds<_ extends true>(): void {}

/** Never called: what is inside need only compile. */
function typesOnly(_: () => void): void {}

typesOnly(() => {
  const image = tensor<readonly ["batch", 28, 28], "u8">();
  const pixels = rescale({ scale: 1 / 255 })(image);
  holds<Same<typeof pixels, Tensor<readonly ["batch", 28, 28]>>>();

  const model = sequential(flatten(), dense(128, { activation: "relu" }), dropout(0.2), dense(10));
  const logits = model(pixels);
  holds<Same<typeof logits, Tensor<readonly ["batch", 10]>>>();
  const nested = sequential(sequential(flatten(), dense(5)), relu(), softmax())(pixels);
  holds<Same<typeof nested, Tensor<readonly ["batch", 5]>>>();
  const long = sequential(
    flatten(),
    dropout(0.1),
    dense(12),
    relu(),
    dense(11),
    relu(),
    dense(9),
    relu(),
    dense(8),
    relu(),
    dense(7),
    softmax(),
  )(pixels);
  holds<Same<typeof long, Tensor<readonly ["batch", 7]>>>();

  const loss = sparseCategoricalCrossEntropy()({ logits, labels: labels<10>() });
  holds<Same<typeof loss, Loss>>();
  const update = adam({ learningRate: 1e-3 })(backward()(loss));
  holds<Same<typeof update, ParameterUpdate>>();
  const score = accuracy()({ logits, labels: labels<10>() });
  holds<Same<typeof score, Metric>>();

  // @ts-expect-error an image is not labels
  sparseCategoricalCrossEntropy()({ logits, labels: image });
  // @ts-expect-error labels are not logits
  sparseCategoricalCrossEntropy()({ logits: labels<10>(), labels: labels<10>() });
  // @ts-expect-error 12 scores against 10 classes
  sparseCategoricalCrossEntropy()({ logits: dense(12)(flatten()(pixels)), labels: labels<10>() });
  // @ts-expect-error 10 scores against 12 classes
  accuracy()({ logits, labels: labels<12>() });
  // @ts-expect-error labels are missing
  sparseCategoricalCrossEntropy()({ logits });
  // @ts-expect-error there is no such port
  sparseCategoricalCrossEntropy()({ logits, labels: labels<10>(), weights: pixels });
  // @ts-expect-error three axes into a layer that takes two
  dense(10)(pixels);
  // @ts-expect-error three axes into a sequence that begins with dense
  sequential(dense(10), relu())(pixels);
  // @ts-expect-error bytes into a layer that takes floats
  flatten()(image);
  // @ts-expect-error bytes into a sequence that takes floats
  model(image);
  // @ts-expect-error integers into rescale
  rescale()(tensor<readonly ["batch", 3], "i32">());
  // @ts-expect-error a metric is no gradient
  adam()(score);
  // @ts-expect-error a loss is no gradient: backward() is missing
  sgd()(loss);
  // @ts-expect-error a metric cannot be differentiated
  backward()(score);
  // @ts-expect-error a tensor is no loss
  backward()(logits);
  // @ts-expect-error labels into a layer
  dense(3)(labels<3>());
  // @ts-expect-error an initializer that does not exist
  dense(3, { kernelInitializer: "glorot" });
  // @ts-expect-error an activation that does not exist
  dense(3, { activation: "rleu" });
  // @ts-expect-error an option that does not exist
  adam({ beta3: 1 });
  // @ts-expect-error a stage that was not called is no entry of a pipeline
  pipeline({ name: "open", stages: { logits: dense(3) } });
});

typesOnly(() => {
  const pixels = tensor<readonly ["batch", 28, 28]>();
  const images = reshape([28, 28, 1])(pixels);
  holds<Same<typeof images, Tensor<readonly ["batch", 28, 28, 1]>>>();
  const open = reshape([-1, 7])(pixels);
  holds<Same<typeof open, Tensor<readonly ["batch", number, 7]>>>();
  const maps = conv2d(8, 5, { activation: "relu" })(images);
  holds<Same<typeof maps, Tensor<readonly ["batch", number, number, 8]>>>();
  const most = maxPool2d()(maps);
  holds<Same<typeof most, Tensor<readonly ["batch", number, number, 8]>>>();
  const mean = averagePool2d(3, { strides: [2, 1] })(most);
  holds<Same<typeof mean, Tensor<readonly ["batch", number, number, 8]>>>();

  const lenet = sequential(
    reshape([28, 28, 1]),
    conv2d(8, 5, { activation: "relu" }),
    maxPool2d(2),
    conv2d(16, [5, 5], { padding: "same" }),
    maxPool2d(2),
    flatten(),
    dense(10),
  );
  const logits = lenet(pixels);
  holds<Same<typeof logits, Tensor<readonly ["batch", 10]>>>();
  sparseCategoricalCrossEntropy()({ logits, labels: labels<10>() });
  // @ts-expect-error 10 scores against 12 classes
  sparseCategoricalCrossEntropy()({ logits, labels: labels<12>() });
  // @ts-expect-error an image without channels into a convolution
  conv2d(8, 5)(pixels);
  // @ts-expect-error an image without channels into a pooling
  maxPool2d()(pixels);
  // @ts-expect-error images into a layer that takes rows: flatten() is missing
  dense(10)(maps);
  // @ts-expect-error bytes into a convolution
  conv2d(8, 5)(tensor<readonly ["batch", 28, 28, 1], "u8">());
  // @ts-expect-error a padding that does not exist
  conv2d(8, 5, { padding: "full" });
  // @ts-expect-error three sizes for a window
  averagePool2d([2, 2, 2]);
});

typesOnly(() => {
  const table = arrays({
    x: [[0, 1, 2], [3, 4, 5]],
    y: [[1], [2]],
    kind: { values: [0, 1], classes: ["a", "b"] },
    group: { values: [0, 2], classes: 3 },
  });
  holds<Same<typeof table.x, Tensor<readonly ["batch", 3]>>>();
  holds<Same<typeof table.y, Tensor<readonly ["batch", 1]>>>();
  holds<Same<typeof table.kind, ClassLabels<"batch", 2>>>();
  holds<Same<typeof table.group, ClassLabels<"batch", 3>>>();

  const line = dense(1)(standardize()(table.x));
  meanSquaredError()({ predictions: line, targets: table.y });
  meanAbsoluteError()({ predictions: line, targets: table.y });
  // @ts-expect-error three columns against one
  meanSquaredError()({ predictions: line, targets: table.x });
  // @ts-expect-error two axes against three
  meanSquaredError()({ predictions: line, targets: tensor<readonly ["batch", 1, 1]>() });
  // @ts-expect-error floats against bytes
  meanSquaredError()({ predictions: line, targets: tensor<readonly ["batch", 1], "u8">() });
  // @ts-expect-error labels against numbers
  meanSquaredError()({ predictions: line, targets: table.kind });
  // @ts-expect-error the table has no such column
  dense(1)(table.z);
  // @ts-expect-error the test split lacks a column
  arrays({ x: [[0]], y: [[1]] }, { test: { x: [[0]] } });

  const targets = oneHot()(table.group);
  holds<Same<typeof targets, Tensor<readonly ["batch", 3]>>>();
  const letters = oneHot(27)({} as Tensor<readonly ["batch", 5], "u8">);
  holds<Same<typeof letters, Tensor<readonly ["batch", 5, 27]>>>();
  // @ts-expect-error floats are no classes
  oneHot(27)({} as Tensor<readonly ["batch", 5]>);
  const scores = dense(3)(table.x);
  categoricalCrossEntropy()({ logits: scores, targets });
  categoricalAccuracy()({ logits: scores, targets });
  // @ts-expect-error class numbers where one-hot vectors are taken
  categoricalCrossEntropy()({ logits: scores, targets: table.group });
  // @ts-expect-error two classes against three scores
  categoricalCrossEntropy()({ logits: scores, targets: oneHot()(table.kind) });
  // @ts-expect-error one-hot vectors where class numbers are taken
  sparseCategoricalCrossEntropy()({ logits: scores, labels: targets });
});

typesOnly(() => {
  const line = {} as Text<80>;
  const tokens = {} as <const L extends number>(text: Text<L>) => Tensor<readonly ["batch", L]>;
  holds<Same<ReturnType<typeof tokens<80>>, Tensor<readonly ["batch", 80]>>>();
  tokens(line);
  const bytes = rescale({ scale: 1 / 255 })(line);
  holds<Same<typeof bytes, Tensor<readonly ["batch", 80]>>>();
  // @ts-expect-error pixels where text is taken
  tokens(tensor<readonly ["batch", 80], "u8">());
});

typesOnly(() => {
  // Sizes that the program reads at run time are `number`, and agree with every size: the check compares them.
  const rows: number[][] = [[0]];
  const count: number = 3;
  const table = arrays({ x: rows, y: rows, kind: { values: [0], classes: count } });
  holds<Same<typeof table.x, Tensor<readonly ["batch", number]>>>();
  meanSquaredError()({ predictions: dense(1)(table.x), targets: table.y });
  meanSquaredError()({ predictions: flatten()(table.x), targets: tensor<readonly ["batch", 4]>() });
  sparseCategoricalCrossEntropy()({ logits: dense(3)(table.x), labels: table.kind });
  sparseCategoricalCrossEntropy()({ logits: flatten()(table.x), labels: labels<3>() });
  sparseCategoricalCrossEntropy()({ logits: dense(count)(table.x), labels: labels<3>() });

  const blobs = syntheticClassification({ rows: 10, features: 4, classes: 3 });
  holds<Same<typeof blobs.features, Tensor<readonly ["batch", 4]>>>();
  holds<Same<typeof blobs.label, ClassLabels<"batch", 3>>>();
});

typesOnly(() => {
  const a = tensor<readonly ["batch", 4]>();
  const b = tensor<readonly ["batch", 3]>();
  const open = tensor<readonly ["batch", number]>();
  const maps = tensor<readonly ["batch", 8, 8, 2]>();

  // merges: one shape, as many as there are
  const sum = add()([a, a, a]);
  holds<Same<typeof sum, Tensor<readonly ["batch", 4]>>>();
  add()([a, open]);
  maximum()([open, a, a]);
  multiply()([dense(4)(b), a]);
  // @ts-expect-error four columns and three
  add()([a, b]);
  // @ts-expect-error one tensor alone
  average()([a]);
  // @ts-expect-error a lone handle
  add()(a);
  // @ts-expect-error the difference of three
  subtract()([a, a, a]);
  // @ts-expect-error bytes
  minimum()([a, tensor<readonly ["batch", 4], "u8">()]);
  // @ts-expect-error two axes and four
  add()([a, maps]);

  const both = concatenate()([a, b]);
  holds<Same<typeof both, Tensor<readonly ["batch", number]>>>();
  const high = concatenate({ axis: 1 })([maps, tensor<readonly ["batch", 3, 8, 2]>()]);
  holds<Same<typeof high, Tensor<readonly ["batch", number, 8, 2]>>>();
  // @ts-expect-error other axes differ
  concatenate()([maps, tensor<readonly ["batch", 3, 8, 2]>()]);
  // @ts-expect-error two axes and four
  concatenate()([a, maps]);

  // residual: the branch keeps the shape
  const block = residual(sequential(dense(16, { activation: "relu" }), dense(4)));
  const deep = block(a);
  holds<Same<typeof deep, Tensor<readonly ["batch", 4]>>>();
  residual(conv2d(2, 3, { padding: "same" }))(maps);
  const wider = residual(dense(5), { shortcut: dense(5) })(a);
  holds<Same<typeof wider, Tensor<readonly ["batch", 5]>>>();
  const chain = sequential(dense(4), block, relu(), dense(2))(b);
  holds<Same<typeof chain, Tensor<readonly ["batch", 2]>>>();
  // @ts-expect-error three columns plus four
  block(b);
  // @ts-expect-error a shortcut of another shape
  residual(dense(5), { shortcut: dense(6) })(a);

  // freezing and functions of layers keep signatures
  const frozen = freeze(dense(7))(a);
  holds<Same<typeof frozen, Tensor<readonly ["batch", 7]>>>();
  const net = functional((x: Tensor<readonly ["batch", 4]>) => add()([x, dense(4)(dense(9)(x))]));
  const out = sequential(net, dense(2))(a);
  holds<Same<typeof out, Tensor<readonly ["batch", 2]>>>();
  // @ts-expect-error three columns into a function of four
  net(b);
  // @ts-expect-error four axes into a frozen layer that takes two
  freeze(dense(7))(maps);
  // @ts-expect-error a handle is no layer
  freeze(a);
  // @ts-expect-error a loss is no result of layers
  functional((x: Tensor<readonly ["batch", 4]>) =>
    meanSquaredError()({ predictions: x, targets: a })
  );

  // losses together
  const loss = meanSquaredError()({ predictions: deep, targets: a });
  const total = weightedSum({ weights: [1, 2] })([loss, loss]);
  holds<Same<typeof total, Loss>>();
  // @ts-expect-error a tensor is no loss
  weightedSum()([loss, a]);
  // @ts-expect-error a handle is no layer to be named
  pipeline({ name: "named", layers: { a }, stages: { total } });
});

typesOnly(() => {
  // Losses and metrics of one score per row, and weights.
  const one = tensor<readonly ["batch", 1]>();
  const four = tensor<readonly ["batch", 4]>();
  const column = tensor<readonly ["batch"]>();
  holds<Same<ReturnType<ReturnType<typeof binaryCrossEntropy>>, Loss>>();
  binaryCrossEntropy()({ logits: one, labels: labels<2>() });
  binaryCrossEntropy()({ logits: column, labels: labels<2>() });
  binaryCrossEntropy()({ logits: four, targets: four, sampleWeight: one });
  // @ts-expect-error labels of 3 classes for one score
  binaryCrossEntropy()({ logits: one, labels: labels<3>() });
  // @ts-expect-error 4 scores, 3 targets
  binaryCrossEntropy()({ logits: four, targets: tensor<readonly ["batch", 3]>() });
  sparseCategoricalCrossEntropy()({ logits: four, labels: labels<4>(), sampleWeight: column });
  // @ts-expect-error weights are one number per row
  sparseCategoricalCrossEntropy()({ logits: four, labels: labels<4>(), sampleWeight: four });
  const words = tensor<readonly ["words"]>();
  // @ts-expect-error weights of other rows
  meanSquaredError()({ predictions: four, targets: four, sampleWeight: words });
  hinge()({ logits: four, labels: labels<4>() });
  hinge()({ logits: one, labels: labels<2>() });
  // @ts-expect-error 4 scores, 5 classes
  hinge()({ logits: four, labels: labels<5>() });
  // @ts-expect-error embeddings of other lengths
  tripletLoss()({ anchor: four, positive: four, negative: one });

  rocAuc()({ logits: one, labels: labels<2>() });
  confusionMatrix()({ logits: four, labels: labels<4>() });
  meanIoU()({
    logits: tensor<readonly ["batch", 8, 8, 3]>(),
    targets: tensor<readonly ["batch", 8, 8, 3]>(),
  });
  // @ts-expect-error 4 scores, 3 classes
  precision()({ logits: four, labels: labels<3>() });

  const loss = meanSquaredError()({ predictions: four, targets: four });
  holds<Same<ReturnType<ReturnType<typeof regularize>>, Loss>>();
  backward()(regularize({ l2: 1e-4 })(loss));
  // @ts-expect-error a tensor is no loss
  regularize({ l2: 1e-4 })(four);
});

Deno.test("sequential() keeps what it is made of at run time", () => {
  const table = arrays({ x: [[0, 1]] });
  const output = sequential(dense(3), relu())(table.x);
  assertEquals(output.stage.definition.name, "sequential");
  assertEquals(output.stage.inputs.x, table.x);
});
