import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  type AnyTensor,
  arrays,
  backward,
  categoricalCrossEntropy,
  cutmix,
  defineStage,
  dense,
  mixup,
  oneHot,
  ops,
  pipeline,
  PipelineError,
  sgd,
  type Stage,
  syntheticClassification,
  train,
  type Value,
} from "@millrace/millrace";
import { betaQuantiles, betaWeights } from "../../../plugins/transforms/beta_quantiles.ts";
import { mixConfig } from "../../../plugins/transforms/mixing.ts";
import { buildStage, Laboratory, type Numbers } from "../../support/build_stage.ts";
import { assertClose, readGolden } from "../../golden/golden.ts";

interface Case {
  readonly name: string;
  readonly alpha: number;
  readonly places: readonly number[];
  readonly quantiles: Numbers;
  readonly numbers: Numbers;
  readonly below: Numbers;
}

const goldens = await readGolden<Case>("beta");

/** Any handle: the stages are built by themselves. */
const handle = arrays({ x: [[0]] }).x as never;

/** The stages that a mixing is made of. */
function stagesOf(mix: typeof mixup | typeof cutmix, alpha: number) {
  const mixed = mix(alpha)({ x: handle, targets: handle });
  return {
    draws: mixed.x.stage.inputs["draws"]!.stage as Stage,
    x: mixed.x.stage as Stage,
    targets: mixed.targets.stage as Stage,
  };
}

/** Proportions alone, one for each row. */
const proportions = defineStage<(x: AnyTensor) => AnyTensor>()({
  name: "proportions",
  family: "transform",
  kind: "traced",
  config: mixConfig,
  inputs: { x: { kind: "tensor" } },
  output: "tensor",
  build: ({ x }, context) => betaWeights(context, x.spec.shape[0]!),
});

/** What a mixing makes of rows and their targets, in some steps. */
function run(
  stages: ReturnType<typeof stagesOf>,
  { x: rows, targets: wanted = rows, steps = 2, inference = false }: {
    readonly x: Numbers;
    readonly targets?: Numbers;
    readonly steps?: number;
    readonly inference?: boolean;
  },
) {
  const laboratory = new Laboratory();
  const x = laboratory.variable("rows", rows).value;
  const targets = laboratory.variable("wanted", wanted).value;
  const build = (stage: Stage, path: string, inputs: Record<string, Value>) =>
    buildStage<Value>(laboratory, stage, inputs, { path, inference }).output;
  const draws = build(stages.draws, "draws", { x });
  laboratory.builder.output("draws", draws);
  laboratory.builder.output("x", build(stages.x, "x", { x, draws }));
  laboratory.builder.output("targets", build(stages.targets, "targets", { x: targets, draws }));
  const step = laboratory.prepare();
  return Array.from({ length: steps }, () => step().outputs);
}

/** Row i is 1 in column i: what is in a mixed row tells which rows it is of. */
function identity(size: number): Numbers {
  return {
    shape: [size, size],
    data: Float64Array.from({ length: size * size }, (_, i) => i % (size + 1) === 0 ? 1 : 0),
  };
}

for (const { name, alpha, places, quantiles, numbers, below } of goldens) {
  Deno.test(`betaQuantiles() are SciPy's: ${name}`, () => {
    const table = betaQuantiles(alpha);
    assertClose(places.map((place) => table[place]!), quantiles, { tolerance: 1e-11 });
  });

  Deno.test(`betaWeights() are of the beta distribution: ${name}`, () => {
    const laboratory = new Laboratory();
    const x = laboratory.variable("x", { shape: [4096], data: new Float64Array(4096) }).value;
    const { output } = buildStage<Value>(laboratory, proportions({ alpha }), { x });
    laboratory.builder.output("output", output);
    const step = laboratory.prepare();
    const weights = Array.from({ length: 4 }, () => [...step().outputs.output!]).flat();
    assert(weights.every((weight) => weight >= 0 && weight <= 1));
    Array.from(numbers.data).forEach((number, i) => {
      const share = weights.filter((weight) => weight <= Number(number)).length / weights.length;
      const expected = Number(below.data[i]);
      // four standard deviations of the share, and the least share there can be
      const deviation = Math.sqrt(expected * (1 - expected) / weights.length);
      assert(
        Math.abs(share - expected) <= 4 * deviation + 1 / weights.length,
        `below ${number}: ${share}, expected ${expected}`,
      );
    });
  });
}

Deno.test("betaQuantiles() ends at the least alpha there is, where quantiles are no numbers any more", () => {
  // SciPy 1.17, but for what is below every number
  const expected: Readonly<Record<number, readonly number[]>> = {
    0.01: [8.814958727624199e-28, 0.008498349668930911, 0.47527516628259914],
    0.02: [2.898997585525747e-14, 0.08316177321653964, 0.4874634410878352],
  };
  for (const [alpha, quantiles] of Object.entries(expected)) {
    const table = betaQuantiles(Number(alpha));
    assert(table[1]! < 1e-300);
    [1500, 2000, 2047].forEach((place, i) => {
      assert(Math.abs(table[place]! / quantiles[i]! - 1) < 1e-11, `${alpha}, ${place}`);
    });
  }
});

Deno.test("mixup() mixes each row with one other, targets alike, anew at every step", () => {
  const size = 40;
  const stages = stagesOf(mixup, 0.5);
  const steps = run(stages, { x: identity(size) });
  const partners = steps.map(({ draws, x, targets }) => {
    assertEquals(x, targets);
    const found = Array.from({ length: size }, (_, row) => draws![2 * row]!);
    // every row is met once
    assertEquals([...found].sort((a, b) => a - b), Array.from({ length: size }, (_, i) => i));
    for (let row = 0; row < size; row++) {
      const weight = draws![2 * row + 1]!;
      const expected = new Float64Array(size);
      expected[row] = weight;
      expected[found[row]!]! += 1 - weight;
      assertClose(x!.slice(row * size, (row + 1) * size), expected);
    }
    return found;
  });
  assert(partners[0]!.join() !== partners[1]!.join());
  assertEquals(run(stages, { x: identity(size) }), steps);
});

Deno.test("cutmix() puts a rectangle of another image in, and mixes targets by its pixels", () => {
  const [size, height, width, channels] = [30, 6, 8, 2] as const;
  const pixels = height * width;
  // every pixel of an image is its number
  const x = {
    shape: [size, height, width, channels],
    data: Float64Array.from(
      { length: size * pixels * channels },
      (_, i) => Math.floor(i / (pixels * channels)),
    ),
  };
  const steps = run(stagesOf(cutmix, 1), { x, targets: identity(size), steps: 3 });
  const shares = new Set<number>();
  for (const { draws, x, targets } of steps) {
    for (let image = 0; image < size; image++) {
      const [partner, kept, top, bottom, left, right] = draws!.slice(6 * image, 6 * image + 6);
      let own = 0;
      for (let i = 0; i < pixels; i++) {
        const [row, column] = [Math.floor(i / width), i % width];
        const isCut = row >= top! && row < bottom! && column >= left! && column < right!;
        for (let channel = 0; channel < channels; channel++) {
          const pixel = x![(image * pixels + i) * channels + channel];
          assertEquals(pixel, isCut ? partner : image);
        }
        if (!isCut) own++;
      }
      assertClose([kept!], [own / pixels]);
      shares.add(own);
      const expected = new Float64Array(size);
      expected[image] = kept!;
      expected[partner!]! += 1 - kept!;
      assertClose(targets!.slice(image * size, (image + 1) * size), expected);
    }
  }
  assert(shares.size > 10, String([...shares]));
});

Deno.test("mixup() and cutmix() leave examples as they are in use", () => {
  const x = { shape: [4, 1, 2, 1], data: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
  for (const mix of [mixup, cutmix]) {
    const [{ x: seen, targets }] = run(stagesOf(mix, 0.3), { x, inference: true }) as [
      Record<string, Float64Array>,
    ];
    assertEquals([seen, targets], [x.data, x.data]);
  }
});

Deno.test("mixup() passes gradients on to both rows", () => {
  const laboratory = new Laboratory();
  const stages = stagesOf(mixup, 1);
  const x = laboratory.variable("x", identity(5)).value;
  const { output: draws } = buildStage<Value>(laboratory, stages.draws, { x }, { path: "draws" });
  const { output } = buildStage<Value>(laboratory, stages.x, { x, draws }, { path: "x" });
  laboratory.builder.output("draws", draws);
  laboratory.builder.output("gradient", ops.gradient(ops.reduceSum(output), x));
  const { draws: drawn, gradient } = laboratory.run();
  for (let row = 0; row < 5; row++) {
    let expected = drawn![2 * row + 1]!;
    for (let other = 0; other < 5; other++) {
      if (drawn![2 * other] === row) expected += 1 - drawn![2 * other + 1]!;
    }
    assertClose(gradient!.slice(5 * row, 5 * row + 5), new Array(5).fill(expected));
  }
});

/** A classifier of blobs that are mixed while it learns. */
function mixedBlobs() {
  const data = syntheticClassification({
    rows: 60,
    testRows: 30,
    features: 4,
    classes: 3,
    noise: 0.3,
    seed: 1,
  });
  const mixed = mixup(0.4)({ x: data.features, targets: oneHot()(data.label) });
  const logits = dense(3)(mixed.x);
  const loss = categoricalCrossEntropy()({ logits, targets: mixed.targets });
  const fit = sgd({ learningRate: 0.5 })(backward()(loss));
  return pipeline({
    name: "mixedBlobs",
    epochs: 10,
    batchSize: 20,
    stages: { data, features: mixed.x, targets: mixed.targets, logits, loss, fit },
  });
}

Deno.test("mixup() trains the same on wasm and reference, and its alpha can be set", async () => {
  const losses = async (device: string, alpha?: number) => {
    const set = alpha === undefined ? {} : { "mixup.alpha": alpha };
    const { loss, metrics } = await train(mixedBlobs(), { device, set });
    return [loss, metrics.test!["loss"]!];
  };
  const [wasm, reference] = [await losses("wasm"), await losses("reference")];
  assertClose(wasm, reference, { tolerance: 1e-4 });
  // what is tested is not mixed
  assert(wasm[1]! < wasm[0]!, String(wasm));
  assert((await losses("wasm", 100))[0]! > wasm[0]! + 0.05);
});

Deno.test("mixup() and cutmix() refuse targets of other rows than the examples'", () => {
  const x = { shape: [4, 1, 1, 1], data: new Float64Array(4) };
  const targets = { shape: [3, 2], data: new Float64Array(6) };
  for (const mix of [mixup, cutmix]) {
    assertThrows(
      () => run(stagesOf(mix, 1), { x, targets }),
      TypeError,
      "Cannot mix rows: received f32[3, 2], expected 4 rows, as there are examples",
    );
  }
});

Deno.test("mixup() refuses an alpha out of range", async () => {
  const { message } = await assertRejects(
    () => train(mixedBlobs(), { set: { "mixup.alpha": 0 } }),
    PipelineError,
  );
  assertStringIncludes(message, "0.01 or more");
});
