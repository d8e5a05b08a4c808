import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  arrays,
  backward,
  conv2d,
  flatten,
  type Initializer,
  meanSquaredError,
  pipeline,
  PipelineError,
  RandomStream,
  reshape,
  sgd,
  type Shape,
  sizeOf,
  train,
} from "@millrace/millrace";
import * as initializers from "../../../plugins/initializers/mod.ts";
import {
  constant,
  identity,
  type InitializerName,
  namedInitializers,
  ones,
  orthogonal,
  randomNormal,
  randomUniform,
  resolveInitializer,
  truncatedNormal,
  varianceScaling,
  zeros,
} from "../../../plugins/initializers/mod.ts";
import { readGolden } from "../../golden/golden.ts";

interface InitializerCase {
  readonly name: Exclude<keyof typeof initializers, "namedInitializers">;
  readonly options?: unknown;
  readonly shape: Shape;
}

interface SpreadCase extends InitializerCase {
  readonly std: number;
  /** None where numbers have none. */
  readonly bound?: number;
  /** Below which 1/20, 2/20, … of the numbers are. */
  readonly quantiles: readonly number[];
}

interface ExactCase extends InitializerCase {
  readonly values: readonly number[];
}

function sample(initializer: Initializer, shape: Shape, seed = 0): Float32Array {
  return initializer.sample(shape, new RandomStream(seed, "weight"));
}

for (const golden of await readGolden<SpreadCase | ExactCase>("initializers")) {
  const { name, options, shape } = golden;
  const title = `${name}(${JSON.stringify(options) ?? ""}) of [${shape}]`;
  const made = () => {
    const initializer = (initializers[name] as (options?: unknown) => Initializer)(
      options ?? undefined,
    );
    assert(initializer.name.startsWith(name));
    return sample(initializer, shape);
  };
  if ("values" in golden) {
    Deno.test(`${title} has the numbers of PyTorch's`, () => {
      assertEquals(Array.from(made()), golden.values);
    });
    continue;
  }
  const { std, bound, quantiles } = golden;
  Deno.test(`${title} is spread as PyTorch's rules say`, () => {
    const weights = made();
    const count = weights.length;
    assertEquals(count, sizeOf(shape));
    const largest = weights.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
    const told = `the largest is ${largest}, the bound ${bound}`;
    if (bound === undefined) assert(largest > 3 * std, told);
    else assert(largest <= bound * (1 + 1e-6) && largest > bound * 0.98, told);
    const mean = weights.reduce((sum, w) => sum + w, 0) / count;
    const variance = weights.reduce((sum, w) => sum + (w - mean) ** 2, 0) / count;
    // four standard errors of each: one in ten thousand would be further off
    assertAlmostEquals(mean / std, 0, 4 / Math.sqrt(count));
    assertAlmostEquals(Math.sqrt(variance) / std, 1, 4 / Math.sqrt(2 * count));
    const sorted = Float32Array.from(weights).sort();
    quantiles.forEach((quantile, i) => {
      const share = (i + 1) / (quantiles.length + 1);
      const found = sorted.findIndex((w) => w >= quantile) / count;
      assertAlmostEquals(found, share, 4 * Math.sqrt(share * (1 - share) / count));
    });
  });
}

Deno.test("truncatedNormal() of a million numbers has the exact deviation of what is cut off", () => {
  // of a standard normal number within ±2: √(1 - 4 φ(2) / (2 Φ(2) - 1))
  const weights = sample(truncatedNormal({ std: 1 }), [1_000_000]);
  const variance = weights.reduce((sum, w) => sum + w ** 2, 0) / weights.length;
  assertAlmostEquals(Math.sqrt(variance), 0.8796256610342398, 2e-3);
});

for (const name of Object.keys(namedInitializers) as InitializerName[]) {
  if (["identity", "ones", "zeros"].includes(name)) continue;
  Deno.test(`${name}() depends on the seed alone`, () => {
    const initializer = namedInitializers[name]();
    assertEquals(sample(initializer, [3, 4], 7), sample(initializer, [3, 4], 7));
    assert(sample(initializer, [3, 4], 7)[0] !== sample(initializer, [3, 4], 8)[0]);
  });
}

Deno.test("zeros(), ones() and constant() give one number", () => {
  assertEquals(sample(zeros(), [2, 2]), new Float32Array(4));
  assertEquals(sample(ones(), [3]), Float32Array.of(1, 1, 1));
  assertEquals(sample(constant(-0.5), []), Float32Array.of(-0.5));
  assertEquals(constant(0.1).name, "constant(0.1)");
});

Deno.test("constant() refuses what is not finite", () => {
  assertThrows(() => constant(NaN), RangeError, "Cannot initialize with NaN");
});

Deno.test("resolveInitializer() takes names and initializers", () => {
  assertEquals(resolveInitializer("heNormal").name, "heNormal");
  const own = constant(2);
  assertEquals(resolveInitializer(own), own);
});

/** The product of a matrix's transpose with it, or of it with its transpose where that is smaller. */
function grams(weights: Float32Array, [rows, columns]: readonly [number, number]): number[][] {
  const isTall = rows >= columns;
  const [count, length] = isTall ? [columns, rows] : [rows, columns];
  const at = (i: number, j: number) => weights[isTall ? j * columns + i : i * columns + j]!;
  return Array.from({ length: count }, (_, a) =>
    Array.from({ length: count }, (_, b) => {
      let sum = 0;
      for (let j = 0; j < length; j++) sum += at(a, j) * at(b, j);
      return sum;
    }));
}

for (
  const [shape, matrix] of [[[40, 40], [40, 40]], [[90, 30], [90, 30]], [[30, 120], [30, 120]], [
    [3, 3, 4, 10],
    [36, 10],
  ]] as const
) {
  Deno.test(`orthogonal() of [${shape}] has vectors of length gain at right angles`, () => {
    const gain = 0.8;
    const product = grams(sample(orthogonal({ gain }), shape), matrix);
    product.forEach((row, i) =>
      row.forEach((value, j) => assertAlmostEquals(value, i === j ? gain ** 2 : 0, 1e-6))
    );
  });
}

Deno.test("orthogonal() prefers no direction", () => {
  let mean = 0;
  for (let seed = 0; seed < 400; seed++) mean += sample(orthogonal(), [2, 2], seed)[0]! / 400;
  assertAlmostEquals(mean, 0, 0.1);
});

Deno.test("identity() passes on what it can", () => {
  assertEquals(sample(identity(), [3, 2]), Float32Array.of(1, 0, 0, 1, 0, 0));
  assertEquals(identity({ gain: 2 }).name, "identity(gain 2)");
});

Deno.test("randomUniform() has a least and a limit", () => {
  const weights = sample(randomUniform({ low: 2, high: 3 }), [1000]);
  assert(weights.every((weight) => weight >= 2 && weight <= 3));
  assertAlmostEquals(weights.reduce((sum, weight) => sum + weight, 0) / 1000, 2.5, 0.05);
});

Deno.test("initializers are named by what tells two of them apart", () => {
  assertEquals(truncatedNormal({ std: 0.1 }).name, "truncatedNormal(mean 0, std 0.1)");
  assertEquals(initializers.heNormal({ truncated: false }).name, "heNormal(untruncated)");
  assertEquals(varianceScaling().name, "varianceScaling(1 / fanIn, truncatedNormal)");
});

Deno.test("initializers refuse numbers that they cannot draw by", () => {
  const refuses = (make: () => unknown, message: string) => assertThrows(make, RangeError, message);
  refuses(() => orthogonal({ gain: NaN }), "received gain NaN, expected a finite number");
  refuses(() => identity({ gain: Infinity }), "received gain Infinity, expected a finite number");
  refuses(() => randomNormal({ std: -1 }), "received std -1, expected 0 or more");
  refuses(() => truncatedNormal({ mean: NaN }), "received mean NaN, expected a finite number");
  refuses(() => randomUniform({ low: 1, high: 0 }), "received high 0, expected at least low, 1");
  refuses(() => varianceScaling({ scale: 0 }), "received scale 0, expected a number above 0");
});

Deno.test("an initializer that cannot fill a shape is an issue of the check, with its stage", async () => {
  assertThrows(
    () => sample(orthogonal(), [3]),
    RangeError,
    "Cannot initialize orthogonally: received shape [3], expected two axes or more",
  );
  const table = arrays({ x: [[1, 2, 3, 4]], y: [[1, 2, 3, 4]] });
  const image = conv2d(1, 2, { padding: "same", kernelInitializer: "identity" })(
    reshape([2, 2, 1])(table.x),
  );
  const loss = meanSquaredError()({ predictions: flatten()(image), targets: table.y });
  const fit = sgd()(backward()(loss));
  const error = await assertRejects(
    () => train(pipeline({ name: "wrong", stages: { table, image, fit } })),
    PipelineError,
  );
  assertEquals(error.issues.map(({ path, message }) => [path, message]), [[
    "image",
    "Cannot initialize with the identity: received shape [2, 2, 1, 1], expected two axes",
  ]]);
});
