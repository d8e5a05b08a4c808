/**
 * Every part that is built of ops, with something to work on: what the tests of devices run. Layers, losses,
 * metrics and regularizers come with their golden cases; the rest is made up here.
 *
 * @module
 */
import * as parts from "@millrace/millrace";
import { type HostTensor, hostTensor, stageCallOf, stageOf } from "@millrace/millrace";
import { ops, type Score, sizeOf, type TracedMetric, type Value } from "../../core/mod.ts";
import * as layers from "../../plugins/layers/mod.ts";
import * as losses from "../../plugins/losses/mod.ts";
import * as metrics from "../../plugins/metrics/mod.ts";
import * as transforms from "../../plugins/transforms/mod.ts";
import { readGolden } from "../golden/golden.ts";
import { buildStage, type Laboratory, type Numbers, resolve } from "../support/build_stage.ts";
import { layerCases } from "./layers/layer_cases.ts";

/** Where a sample is put, and how it is built. */
export interface Placing {
  /** Begins the names of its variables and inputs. */
  readonly path: string;
  readonly inference: boolean;
}

/** A sample in a laboratory. */
export interface BuiltSample {
  /** What it gives, by name. */
  readonly outputs: Readonly<Record<string, Value>>;
  /** What its outputs can be differentiated by, by name. */
  readonly floats: Readonly<Record<string, Value>>;
  /** The score of a metric, from its outputs. */
  readonly score?: (outputs: Readonly<Record<string, Float64Array>>) => Score;
}

/** A part at work. */
export interface PartSample {
  /** Name of the function that makes it. */
  readonly part: string;
  /** Tells it from others of the part. */
  readonly name: string;
  /** Times that it makes roundings larger: a mean of 100 takes three digits of what is left without it. */
  readonly magnifies?: number;
  build(laboratory: Laboratory, placing: Placing): BuiltSample;
}

/** What a port is connected to: floats, whole numbers, classes, or several tensors. */
type Given =
  | Numbers
  | { readonly whole: Numbers; readonly dtype: "u8" | "i32" }
  | { readonly labels: ArrayLike<number | string>; readonly classes: number }
  | readonly Numbers[];

/** A stage with what its ports are connected to. */
interface StageSample {
  readonly part: string;
  readonly name?: string;
  readonly magnifies?: number;
  readonly made: unknown;
  readonly inputs: Readonly<Record<string, Given>>;
  readonly parameters?: Readonly<Record<string, Numbers>>;
  readonly state?: Readonly<Record<string, Numbers>>;
  readonly fitted?: Readonly<Record<string, Numbers>>;
  /** Steps of sequences. */
  readonly steps?: number;
}

/** A sample that is one stage, whose result is one value. */
function stageSample(sample: StageSample): PartSample {
  const { part, name = part, magnifies = 1, made, inputs, parameters = {}, state = {} } = sample;
  const { fitted = {}, steps } = sample;
  return {
    part,
    name,
    magnifies,
    build(laboratory, { path, inference }) {
      const { values, floats } = connect(laboratory, { inputs, path });
      const options = {
        parameters,
        state,
        fitted,
        path,
        inference,
        ...(steps === undefined ? {} : { steps }),
      };
      const built = buildStage<Value>(laboratory, made, values, options);
      const learned = Object.entries(built.parameters).map(([name, { value }]) => [name, value]);
      return {
        outputs: { output: built.output, ...built.given },
        floats: { ...floats, ...Object.fromEntries(learned) },
      };
    },
  };
}

/** Makes values of what ports are connected to. */
function connect(
  laboratory: Laboratory,
  { inputs, path }: { readonly inputs: StageSample["inputs"]; readonly path: string },
): {
  readonly values: Readonly<Record<string, unknown>>;
  readonly floats: Readonly<Record<string, Value>>;
} {
  const floats: Record<string, Value> = {};
  const float = (name: string, numbers: Numbers) =>
    floats[name] = laboratory.variable(`${path}.${name}`, numbers).value;
  const values = Object.entries(inputs).map(([port, given]): [string, unknown] => {
    const at = `${path}.${port}`;
    if (Array.isArray(given)) return [port, given.map((one, i) => float(`${port}${i + 1}`, one))];
    if ("labels" in given) {
      const value = laboratory.whole(at, Array.from(given.labels, Number), "u8");
      return [port, { value, classes: given.classes }];
    }
    if ("whole" in given) {
      const { whole: { shape, data }, dtype } = given;
      return [port, ops.reshape(laboratory.whole(at, Array.from(data, Number), dtype), shape)];
    }
    return [port, float(port, given as Numbers)];
  });
  return { values: Object.fromEntries(values), floats };
}

/** Numbers that look random, in ±scale, the same for the same seed. */
function waves(shape: readonly number[], { seed = 0, scale = 1 } = {}): Numbers {
  const data = Float32Array.from(
    { length: sizeOf(shape) },
    (_, i) => scale * Math.sin(12.9898 * (i + 1) + 78.233 * seed + (i * i) % 7),
  );
  return { shape, data };
}

type Make = (...options: readonly unknown[]) => unknown;

interface SequenceCase {
  readonly name: string;
  readonly layer: string;
  readonly arguments: readonly unknown[];
  readonly inputs: Readonly<Record<string, Numbers>>;
  readonly given: Readonly<Record<string, Numbers>>;
  readonly parameters: Readonly<Record<string, Numbers>>;
}

const image = waves([2, 4, 4, 3]);
const sequence = waves([2, 5, 3]);
const pair = [waves([3, 4]), waves([3, 4], { seed: 1 })];

/** Layers of which no golden file tells. */
const ownLayers: readonly StageSample[] = [
  ...(["add", "average", "concatenate", "maximum", "minimum", "multiply", "subtract"] as const).map(
    (part) => ({ part, made: layers[part](), inputs: { x: pair } }),
  ),
  { part: "dropout", made: layers.dropout(0.4), inputs: { x: pair[0]! } },
  { part: "gaussianNoise", made: layers.gaussianNoise(0.3), inputs: { x: pair[0]! } },
  { part: "spatialDropout1d", made: layers.spatialDropout1d(0.4), inputs: { x: sequence } },
  { part: "spatialDropout2d", made: layers.spatialDropout2d(0.4), inputs: { x: image } },
  { part: "stopGradient", made: layers.stopGradient(), inputs: { x: pair[0]! } },
  {
    part: "paddingMask",
    made: layers.paddingMask(3),
    inputs: { x: { whole: { shape: [2, 3], data: [1, 3, 2, 3, 3, 0] }, dtype: "i32" } },
  },
  {
    part: "residual",
    made: layers.residual(layers.dense(5, { activation: "tanh" }), { shortcut: layers.dense(5) }),
    inputs: { x: pair[0]! },
  },
  {
    part: "sequential",
    made: layers.sequential(layers.dense(5, { activation: "gelu" }), layers.dropout(0.2)),
    inputs: { x: pair[0]! },
  },
  {
    part: "functional",
    made: layers.functional((x: typeof table.x) =>
      layers.add()([layers.dense(2)(x), layers.dense(2, { activation: "tanh" })(x)])
    ),
    inputs: { x: waves([3, 2]) },
  },
];

const table = parts.arrays({ x: [[1, 2]] });

const layerSamples: readonly PartSample[] = [
  ...layerCases.map(({ layer, name, arguments: given, x, parameters, state }) =>
    stageSample({
      part: layer,
      name,
      magnifies: name.endsWith("far from 0") ? 100 : 1,
      made: (layers[layer as keyof typeof layers] as Make)(...given),
      inputs: { x },
      parameters,
      ...(state === undefined ? {} : { state }),
    })
  ),
  ...(await readGolden<SequenceCase>("sequences")).map((
    { layer, name, arguments: options, inputs, given, parameters },
  ) =>
    stageSample({
      part: layer,
      name,
      made: (layers[layer as keyof typeof layers] as Make)(...options),
      inputs: {
        ...inputs,
        ...Object.fromEntries(
          Object.entries(given).map(([port, whole]) => [
            port,
            { whole, dtype: port === "x" ? "i32" : "u8" } as const,
          ]),
        ),
      },
      parameters,
    })
  ),
  ...ownLayers.map(stageSample),
];

interface ScoredCase {
  readonly name: string;
  readonly options: unknown;
  readonly inputs: Readonly<Record<string, Numbers>>;
  readonly classes?: number;
}

/** Ports of a golden case of losses and metrics: labels are class numbers. */
function scoredInputs({ inputs, classes }: ScoredCase): Readonly<Record<string, Given>> {
  return Object.fromEntries(
    Object.entries(inputs).map(([port, numbers]) => [
      port,
      port === "labels"
        ? { labels: numbers.data, classes: classes ?? inputs["logits"]!.shape.at(-1)! }
        : numbers,
    ]),
  );
}

const lossSamples: readonly PartSample[] = [
  ...(await readGolden<ScoredCase & { readonly loss: string }>("losses")).map((golden) =>
    stageSample({
      part: golden.loss,
      name: golden.name,
      made: (losses[golden.loss as keyof typeof losses] as Make)(golden.options),
      inputs: scoredInputs(golden),
    })
  ),
  stageSample({
    part: "distillationLoss",
    made: losses.distillationLoss({ temperature: 3 }),
    inputs: { logits: waves([4, 3]), teacher: waves([4, 3], { seed: 1 }) },
  }),
  stageSample({
    part: "weightedSum",
    made: losses.weightedSum({ weights: [0.3, 0.7] }),
    inputs: { losses: [waves([]), waves([], { seed: 1 })] },
  }),
];

const metricSamples: readonly PartSample[] =
  (await readGolden<ScoredCase & { readonly metric: string }>("metrics")).map((golden) => ({
    part: golden.metric,
    name: golden.name,
    build(laboratory, { path, inference }) {
      const { values } = connect(laboratory, { inputs: scoredInputs(golden), path });
      const made = (metrics[golden.metric as keyof typeof metrics] as Make)(golden.options);
      const { output } = buildStage<TracedMetric>(laboratory, made, values, { path, inference });
      return {
        outputs: { ...output.sums, ...output.columns },
        floats: {},
        score: output.result,
      };
    },
  }));

interface RegularizerCase {
  readonly name: string;
  readonly options: Parameters<typeof parts.regularize>[0];
  readonly parameters: Readonly<Record<string, Numbers>>;
}

const regularizerSamples: readonly PartSample[] =
  (await readGolden<RegularizerCase>("regularizers")).map(({ name, options, parameters }) => ({
    part: "regularize",
    name,
    build(laboratory, { path, inference }) {
      const variables = Object.entries(parameters).map(([own, numbers]) =>
        laboratory.variable(`${path}.${own}`, numbers)
      );
      const loss = variables.map(({ value }) => ops.mean(ops.sin(value))).reduce(ops.add);
      const { output } = buildStage<Value>(laboratory, parts.regularize(options), { loss }, {
        path,
        inference,
        parametersOf: () => variables,
      });
      const floats = variables.map((variable) => [variable.path, variable.value]);
      return { outputs: { output }, floats: Object.fromEntries(floats) };
    },
  }));

const rows: Numbers = waves([6, 3], { scale: 2 });
const gaps: Numbers = {
  shape: [4, 2],
  data: Float32Array.of(1, NaN, 2, 5, NaN, 6, 4, 7),
};
const positive: Numbers = { shape: [2, 3], data: Float32Array.of(0, 0.5, 1, 3, 10, 100) };
const sound = waves([2, 200]);
const spectra = { sampleRate: 8000, frameLength: 64, hopLength: 32 };
/** The logarithm of what is nearly silent has a steep slope. */
const steep = 10;

/** Transforms that run on the device; what they are fitted to is found in what they are given. */
const transformCases: readonly StageSample[] = [
  {
    part: "bucketByLength",
    made: transforms.bucketByLength({ boundaries: [2] }),
    inputs: { x: image },
    steps: 2,
  },
  { part: "clip", made: transforms.clip({ min: -0.5, max: 0.5 }), inputs: { x: rows } },
  { part: "cutout", made: transforms.cutout(2), inputs: { x: image } },
  { part: "impute", made: transforms.impute({ indicator: true }), inputs: { x: gaps } },
  { part: "logTransform", made: transforms.logTransform(), inputs: { x: positive } },
  {
    part: "melSpectrogram",
    magnifies: steep,
    made: transforms.melSpectrogram(8, { ...spectra, scale: "log" }),
    inputs: { x: sound },
  },
  {
    part: "mfcc",
    magnifies: steep,
    made: transforms.mfcc(5, { ...spectra, mels: 8 }),
    inputs: { x: sound },
  },
  { part: "minMax", made: transforms.minMax({ min: -1 }), inputs: { x: rows } },
  {
    part: "oneHot",
    made: transforms.oneHot(),
    inputs: { labels: { labels: [2, 0, 1], classes: 3 } },
  },
  {
    part: "oneHot",
    name: "oneHot of numbers",
    made: transforms.oneHot(4),
    inputs: { numbers: { whole: { shape: [2, 2], data: [3, 0, 1, 2] }, dtype: "i32" } },
  },
  {
    part: "ordinal",
    made: transforms.ordinal(),
    inputs: { labels: { labels: [2, 0, 1], classes: 3 } },
  },
  {
    part: "perColumn",
    made: stageCallOf(parts.perColumn({ x: parts.rescale({ scale: 3 }) })(table))!,
    inputs: { x: waves([3, 2]) },
  },
  {
    part: "polynomialFeatures",
    made: transforms.polynomialFeatures({ degree: 3 }),
    inputs: { x: rows },
  },
  { part: "quantileBins", made: transforms.quantileBins(3), inputs: { x: rows } },
  { part: "randomBrightness", made: transforms.randomBrightness(0.3), inputs: { x: image } },
  { part: "randomFlip", made: transforms.randomFlip({ vertical: true }), inputs: { x: image } },
  { part: "randomRotation", made: transforms.randomRotation(30), inputs: { x: image } },
  {
    part: "randomShift",
    made: transforms.randomShift({ height: 2, width: 1 }),
    inputs: { x: image },
  },
  { part: "rescale", made: transforms.rescale({ scale: 0.5, offset: 1 }), inputs: { x: rows } },
  { part: "resize", made: transforms.resize(7, 3), inputs: { x: image } },
  { part: "robust", made: transforms.robust(), inputs: { x: rows } },
  { part: "spectrogram", made: transforms.spectrogram({ frameLength: 64 }), inputs: { x: sound } },
  { part: "standardize", made: transforms.standardize(), inputs: { x: rows } },
];

/** Mixings: a stage that draws, and one that mixes by what was drawn. */
function mixing(part: "cutmix" | "mixup"): PartSample {
  return {
    part,
    name: part,
    build(laboratory, { path, inference }) {
      const pixels = parts.rescale()(parts.cifar10({ folder: "none" }).image);
      const mixed = transforms[part](0.5)({ x: pixels, targets: pixels }).x;
      const call = stageCallOf(mixed)!;
      const draws = stageCallOf(call.inputs["draws"])!;
      const x = laboratory.variable(`${path}.x`, image).value;
      const options = { path: `${path}.draws`, inference };
      const drawn = buildStage<Value>(laboratory, draws, { x }, options).output;
      const { output } = buildStage<Value>(laboratory, call, { x, draws: drawn }, {
        path,
        inference,
      });
      return { outputs: { output }, floats: { x } };
    },
  };
}

const transformSamples: readonly PartSample[] = [
  ...await Promise.all(transformCases.map(async (sample) =>
    stageSample({
      ...sample,
      fitted: await fit(sample.made, sample.inputs["x"] as Numbers),
    })
  )),
  mixing("cutmix"),
  mixing("mixup"),
];

/** What a transform finds in numbers. */
async function fit(made: unknown, numbers: Numbers): Promise<Readonly<Record<string, HostTensor>>> {
  const { definition, config } = resolve(stageOf(made) ?? made as parts.Stage);
  async function* batches() {
    const { shape, data } = numbers;
    yield { x: hostTensor(Float32Array.from(data, Number), { shape }) };
    await Promise.resolve();
  }
  return { ...await definition.fit?.({ config, batches: batches() }) };
}

/** Samples of all parts that are built of ops, by family. Optimizers and schedules are in `tests/golden`. */
export const samples: Readonly<Record<string, readonly PartSample[]>> = {
  layers: layerSamples,
  losses: lossSamples,
  metrics: metricSamples,
  regularizers: regularizerSamples,
  transforms: transformSamples,
};
