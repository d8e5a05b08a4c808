import { assert, assertEquals } from "@std/assert";
import { type Scalar, scalar } from "../../../../core/graph/mod.ts";
import { wasmDevice } from "../../../../core/devices/wasm/mod.ts";
import type { Device } from "../../../../core/devices/device.ts";
import { HandPlan } from "../../../support/plans.ts";

const devices = [wasmDevice(), wasmDevice({ arithmetic: "strict" })];

async function evaluate(device: Device, expression: Scalar, data: Float32Array) {
  const plan = new HandPlan(device.target);
  const shape = [data.length];
  const input = plan.access(plan.buffer(data), shape);
  const output = plan.buffer(new Float32Array(data.length));
  plan.kernel({
    shape,
    anchor: null,
    loads: [input],
    results: [{ expression, store: plan.access(output, shape) }],
  });
  return (await plan.run(device))[output]!;
}

/** Floats between two, about `count` of them, evenly by their bits, and their negatives. */
function floatsBetween(low: number, high: number, count: number, negatives: boolean): Float32Array {
  const bits = new Uint32Array(new Float32Array([low, high]).buffer);
  const step = Math.max(1, Math.floor((bits[1]! - bits[0]!) / count));
  const words: number[] = [];
  for (let word = bits[0]!; word <= bits[1]!; word += step) {
    words.push(word);
    if (negatives) words.push(word + 0x80000000);
  }
  return new Float32Array(Uint32Array.from(words).buffer);
}

/** Distance in units in the last place of the right result in float32. */
function ulps(got: number, right: number): number {
  const rounded = Math.fround(right);
  if (Object.is(got, rounded) || got === rounded) return 0;
  if (!Number.isFinite(got) || !Number.isFinite(rounded)) return Infinity;
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(right))));
  return Math.abs(got - right) / 2 ** (exponent - 23);
}

/** The error function by its series, or for large arguments its continued fraction. */
function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let [term, sum] = [a, a];
    for (let n = 1; n < 80; n++) {
      term *= -a * a / n;
      sum += term / (2 * n + 1);
    }
    return Math.sign(x) * 2 / Math.sqrt(Math.PI) * sum;
  }
  let fraction = a;
  for (let n = 60; n > 0; n--) fraction = a + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (fraction * Math.sqrt(Math.PI)));
}

const x = scalar.load(0, "f32");

const functions = [
  {
    name: "exp",
    build: scalar.exp,
    reference: Math.exp,
    low: 1e-45,
    high: 110,
    negatives: true,
    limit: 1.5,
  },
  {
    name: "exp of what is not positive",
    build: (x: Scalar) => scalar.exp(scalar.neg(scalar.abs(x))),
    reference: (x: number) => Math.exp(-Math.abs(x)),
    low: 1e-45,
    high: 110,
    negatives: true,
    limit: 1.5,
  },
  {
    name: "log",
    build: scalar.log,
    reference: Math.log,
    low: 1e-45,
    high: 3.4e38,
    negatives: false,
    limit: 1.5,
  },
  {
    name: "tanh",
    build: scalar.tanh,
    reference: Math.tanh,
    low: 1e-45,
    high: 3.4e38,
    negatives: true,
    limit: 2.5,
  },
  {
    name: "erf",
    build: scalar.erf,
    reference: erf,
    low: 1e-45,
    high: 3.4e38,
    negatives: true,
    limit: 2,
  },
  {
    name: "sin",
    build: scalar.sin,
    reference: Math.sin,
    low: 1e-45,
    high: 2 ** 31,
    negatives: true,
    limit: 2,
  },
  {
    name: "cos",
    build: scalar.cos,
    reference: Math.cos,
    low: 1e-45,
    high: 2 ** 31,
    negatives: true,
    limit: 2,
  },
] as const;

for (const { name, build, reference, low, high, negatives, limit } of functions) {
  Deno.test(`${name}() errs by at most ${limit} ulp over its whole range`, async () => {
    const data = floatsBetween(low, high, 150_000, negatives);
    for (const device of devices) {
      const got = await evaluate(device, build(x), data);
      let worst = { error: 0, at: 0 };
      data.forEach((value, i) => {
        const error = ulps(got[i]!, reference(value));
        if (error > worst.error) worst = { error, at: value };
      });
      assert(worst.error <= limit, `${name}(${worst.at}) errs by ${worst.error} ulp`);
    }
  });
}

Deno.test("exp(), log(), tanh(), erf(), sin() and cos() are right at special values", async () => {
  const values = new Float32Array([
    0,
    -0,
    Infinity,
    -Infinity,
    NaN,
    -1,
    88.72284,
    88.73,
    -103.9,
    -104.1,
  ]);
  for (const device of devices) {
    for (const { name, build, reference } of functions) {
      const got = await evaluate(device, build(x), values);
      values.forEach((value, i) => {
        const wanted = Number.isNaN(value) ? NaN : reference(value);
        if (Number.isNaN(wanted)) assertEquals(got[i], NaN, `${name}(${value})`);
        else assert(ulps(got[i]!, wanted) <= 2, `${name}(${value}) is ${got[i]}, not ${wanted}`);
      });
    }
  }
});

Deno.test("exp() gives the same bits where the argument is known not to be positive", async () => {
  const data = floatsBetween(1e-45, 110, 20_000, false).map((value) => -value);
  for (const device of devices) {
    assertEquals(
      await evaluate(device, scalar.exp(scalar.neg(scalar.abs(x))), data),
      await evaluate(device, scalar.exp(x), data),
    );
  }
});

Deno.test("sin() and cos() stay between -1 and 1 beyond 2^31", async () => {
  const data = floatsBetween(2 ** 31, 3.4e38, 1000, true);
  for (const build of [scalar.sin, scalar.cos]) {
    const got = await evaluate(devices[0]!, build(x), data);
    assert(got.every((value) => Math.abs(value) <= 1));
  }
});
