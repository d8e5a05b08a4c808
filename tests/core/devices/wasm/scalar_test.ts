import { assert, assertEquals } from "@std/assert";
import { type Scalar, scalar } from "../../../../core/graph/mod.ts";
import { allocateElements, type DType, type Elements } from "../../../../core/tensor/mod.ts";
import { wasmDevice } from "../../../../core/devices/wasm/mod.ts";
import { threefry2x32, threefryParity, threefryRotations } from "../../../../core/tensor/mod.ts";
import { dtypeOf, HandPlan } from "../../../support/plans.ts";

const device = wasmDevice();

/** Computes an expression over operands of one length. */
async function evaluate(
  expression: Scalar,
  operands: readonly Elements[],
  dtype: DType,
): Promise<Elements> {
  const plan = new HandPlan(device.target);
  const shape = [operands[0]!.length];
  const loads = operands.map((data) => plan.access(plan.buffer(data), shape));
  const output = plan.buffer(allocateElements(dtype, shape[0]!));
  plan.kernel({
    shape,
    anchor: null,
    loads,
    results: [{ expression, store: plan.access(output, shape) }],
  });
  return (await plan.run(device))[output]!;
}

/** Every pair of some values, as two arrays, so that both sides meet in every lane. */
function pairs<T extends Elements>(values: T): [T, T] {
  const { length } = values;
  const left = allocateElements(dtypeOf(values), length * length) as T;
  const right = left.slice() as T;
  for (let i = 0; i < left.length; i++) {
    left[i] = values[Math.floor(i / length)]!;
    right[i] = values[i % length]!;
  }
  return [left, right];
}

const floats = new Float32Array([
  0,
  -0,
  1,
  -1,
  0.5,
  -2.5,
  3,
  1e-40,
  -1e-40,
  1e20,
  -1e20,
  3.4e38,
  Infinity,
  -Infinity,
  NaN,
  7.25,
  100,
]);
const signed = new Int32Array([0, 1, -1, 2, 7, -7, 1000, -12345, 2 ** 31 - 1, -(2 ** 31), 65536]);
const unsigned = new Uint32Array([0, 1, 2, 7, 255, 256, 65535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]);

const arithmetic = {
  add: [scalar.add, (a: number, b: number) => a + b],
  sub: [scalar.sub, (a: number, b: number) => a - b],
  min: [scalar.min, (a: number, b: number) => Math.min(a, b)],
  max: [scalar.max, (a: number, b: number) => Math.max(a, b)],
} as const;

const comparisons = {
  equal: [scalar.equal, (a: number, b: number) => a === b],
  notEqual: [scalar.notEqual, (a: number, b: number) => a !== b],
  less: [scalar.less, (a: number, b: number) => a < b],
  lessEqual: [scalar.lessEqual, (a: number, b: number) => a <= b],
} as const;

Deno.test("scalar expressions compute arithmetic on floats with NaN, infinities and denormals", async () => {
  const [a, b] = pairs(floats);
  const [x, y] = [scalar.load(0, "f32"), scalar.load(1, "f32")];
  const operators = {
    ...arithmetic,
    mul: [scalar.mul, (p: number, q: number) => p * q],
    div: [scalar.div, (p: number, q: number) => p / q],
  } as const;
  for (const [name, [build, reference]] of Object.entries(operators)) {
    const got = await evaluate(build(x, y), [a, b], "f32");
    a.forEach((v, i) =>
      assertEquals(got[i], Math.fround(reference(v, b[i]!)), `${name}(${v}, ${b[i]})`)
    );
  }
  for (const constant of [0, 2.5, -1]) {
    for (const name of ["min", "max"] as const) {
      const [build, reference] = arithmetic[name];
      for (const expression of [build(x, constant), build(constant, x)]) {
        const got = await evaluate(expression, [floats], "f32");
        floats.forEach((v, i) => assertEquals(got[i]! + 0, reference(v, constant) + 0));
      }
    }
  }
});

Deno.test("scalar expressions compute arithmetic on integers modulo 2^32", async () => {
  const operators = {
    ...arithmetic,
    mul: [scalar.mul, Math.imul],
    div: [scalar.div, (p: number, q: number) => (q === 0 ? 0 : Math.trunc(p / q))],
  } as const;
  for (const [name, [build, reference]] of Object.entries(operators)) {
    for (const [type, values] of [["i32", signed], ["u32", unsigned]] as const) {
      const [a, b] = pairs<Int32Array | Uint32Array>(values);
      const got = await evaluate(build(scalar.load(0, type), scalar.load(1, type)), [a, b], type);
      const wanted = a.map((v, i) =>
        // the one quotient beyond the range is the largest number
        name === "div" && b[i] === -1 && v === -(2 ** 31) ? 2 ** 31 - 1 : reference(v, b[i]!)
      );
      assertEquals(got, wanted, `${name} of ${type}`);
    }
  }
});

Deno.test("scalar expressions compare numbers of every type", async () => {
  for (const [type, values] of [["f32", floats], ["i32", signed], ["u32", unsigned]] as const) {
    const [a, b] = pairs<Float32Array | Int32Array | Uint32Array>(values);
    for (const [name, [build, reference]] of Object.entries(comparisons)) {
      const expression = build(scalar.load(0, type), scalar.load(1, type));
      const wanted = Array.from(a, (v, i) => Number(reference(v, b[i]!)));
      for (const dtype of ["f32", "u32", "i32", "u8"] as const) {
        const cast = scalar.cast(expression, scalar.scalarTypeOf(dtype));
        const got = await evaluate(cast, [a, b], dtype);
        assertEquals(Array.from(got), wanted, `${name} of ${type} as ${dtype}`);
      }
      const chosen = scalar.select(scalar.not(expression), 2, 3);
      assertEquals(
        Array.from(await evaluate(chosen, [a, b], "f32")),
        wanted.map((holds) => (holds ? 3 : 2)),
      );
    }
  }
});

Deno.test("scalar expressions compute with bits and masks", async () => {
  const [a, b] = pairs(unsigned);
  const [x, y] = [scalar.load(0, "u32"), scalar.load(1, "u32")];
  const operators = {
    and: [scalar.and, (p: number, q: number) => p & q],
    or: [scalar.or, (p: number, q: number) => p | q],
    xor: [scalar.xor, (p: number, q: number) => p ^ q],
  } as const;
  for (const [build, reference] of Object.values(operators)) {
    assertEquals(
      await evaluate(build(x, y), [a, b], "u32"),
      a.map((v, i) => reference(v, b[i]!)),
    );
    const masks = build(scalar.less(x, 256), scalar.less(y, 256));
    assertEquals(
      Array.from(await evaluate(scalar.cast(masks, "u32"), [a, b], "u32")),
      Array.from(a, (v, i) => reference(Number(v < 256), Number(b[i]! < 256))),
    );
  }
  for (const distance of [0, 1, 13, 31]) {
    assertEquals(
      await evaluate(scalar.shiftLeft(x, distance), [unsigned], "u32"),
      unsigned.map((v) => v << distance),
    );
    assertEquals(
      await evaluate(scalar.shiftRight(x, distance), [unsigned], "u32"),
      unsigned.map((v) => v >>> distance),
    );
  }
});

Deno.test("scalar expressions compute functions that are instructions", async () => {
  const [x, i] = [scalar.load(0, "f32"), scalar.load(0, "i32")];
  const functions = [
    [scalar.neg(x), (v: number) => -v],
    [scalar.abs(x), Math.abs],
    [scalar.sqrt(x), Math.sqrt],
    [scalar.floor(x), Math.floor],
  ] as const;
  for (const [expression, reference] of functions) {
    assertEquals(await evaluate(expression, [floats], "f32"), floats.map(reference));
  }
  assertEquals(await evaluate(scalar.neg(i), [signed], "i32"), signed.map((v) => -v));
  assertEquals(await evaluate(scalar.abs(i), [signed], "i32"), signed.map(Math.abs));
});

Deno.test("scalar expressions convert between types", async () => {
  const load = scalar.load;
  assertEquals(
    await evaluate(scalar.cast(load(0, "i32"), "f32"), [signed], "f32"),
    Float32Array.from(signed),
  );
  assertEquals(
    await evaluate(scalar.cast(load(0, "u32"), "f32"), [unsigned], "f32"),
    Float32Array.from(unsigned),
  );
  assertEquals(
    await evaluate(scalar.cast(scalar.shiftRight(load(0, "u32"), 8), "f32"), [unsigned], "f32"),
    Float32Array.from(unsigned, (v) => v >>> 8),
  );
  const values = new Float32Array([0, 0.9, -0.9, 1.5, -1.5, 255.9, 1e9, -1e9]);
  assertEquals(
    await evaluate(scalar.cast(load(0, "f32"), "i32"), [values], "i32"),
    Int32Array.from(values, Math.trunc),
  );
  const positive = values.map(Math.abs);
  assertEquals(
    await evaluate(scalar.cast(load(0, "f32"), "u32"), [positive], "u32"),
    Uint32Array.from(positive, Math.trunc),
  );
  assertEquals(
    await evaluate(scalar.cast(load(0, "i32"), "u32"), [signed], "u32"),
    Uint32Array.from(signed),
  );
  const truths = new Float32Array([0, -0, 1, NaN, 1e-40]);
  const asBool = scalar.cast(scalar.cast(load(0, "f32"), "bool"), "f32");
  assertEquals(await evaluate(asBool, [truths], "f32"), new Float32Array([0, 0, 1, 1, 1]));
});

Deno.test("scalar expressions compute Threefry as the host does", async () => {
  const shiftOr = (x: Scalar, distance: number) =>
    scalar.or(scalar.shiftLeft(x, distance), scalar.shiftRight(x, 32 - distance));
  const keys = [1234567, 0xdeadbeef];
  const parity = (keys[0]! ^ keys[1]! ^ threefryParity) >>> 0;
  const words = [...keys, parity].map((word) => scalar.constant(word, "u32"));
  let x0 = scalar.add(scalar.position, words[0]!);
  let x1: Scalar = scalar.add(scalar.constant(9, "u32"), words[1]!);
  for (let round = 0; round < 13; round++) {
    x0 = scalar.add(x0, x1);
    x1 = scalar.xor(shiftOr(x1, threefryRotations[round % 8]!), x0);
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      x0 = scalar.add(x0, words[injection % 3]!);
      x1 = scalar.add(scalar.add(x1, words[(injection + 1) % 3]!), injection);
    }
  }
  const got = await evaluate(scalar.xor(x0, x1), [new Float32Array(100)], "u32");
  got.forEach((word, i) => {
    const [a, b] = threefry2x32([keys[0]!, keys[1]!], i, 9);
    assertEquals(word, (a ^ b) >>> 0);
  });
});

Deno.test("scalar expressions compute what no loop changes once, and the same in every lane", async () => {
  const plan = new HandPlan(device.target);
  const shape = [3, 7];
  const [step, row] = [
    plan.buffer(new Float32Array([2])),
    plan.buffer(new Float32Array([1, 2, 3])),
  ];
  const data = Float32Array.from({ length: 21 }, (_, i) => i);
  const output = plan.buffer(data);
  const [s, r, x] = [0, 1, 2].map((operand) => scalar.load(operand, "f32"));
  const shared = scalar.add(s!, 1);
  plan.kernel({
    shape,
    anchor: null,
    loads: [
      plan.access(step, shape, { strides: [0, 0] }),
      plan.access(row, shape, { strides: [1, 0] }),
      plan.access(output, shape),
    ],
    results: [{
      expression: scalar.add(scalar.mul(scalar.mul(shared, r!), x!), scalar.mul(shared, shared)),
      store: plan.access(output, shape),
    }],
  });
  const contents = await plan.run(device);
  assertEquals(contents[output], data.map((v, i) => 3 * (1 + Math.floor(i / 7)) * v + 9));
});

Deno.test("pow() is right for constant and computed exponents", async () => {
  const x = scalar.load(0, "f32");
  const positive = new Float32Array([
    0,
    1e-40,
    1e-30,
    0.1,
    0.5,
    0.999,
    1,
    1.5,
    2,
    10,
    1e10,
    3e38,
    Infinity,
    NaN,
  ]);
  for (const exponent of [-1, 0, 0.5, 1, 2, 3, 4, 7, -2, 1.7, -0.3, 0.01, 20, 1000]) {
    const wanted = positive.map((v) => v ** Math.fround(exponent));
    const byConstant = await evaluate(scalar.pow(x, exponent), [positive], "f32");
    const exponents = new Float32Array(positive.length).fill(exponent);
    const byValue = await evaluate(
      scalar.pow(x, scalar.load(1, "f32")),
      [positive, exponents],
      "f32",
    );
    positive.forEach((v, i) => {
      assertNear(byConstant[i]!, wanted[i]!, `pow(${v}, ${exponent})`);
      assertNear(byValue[i]!, wanted[i]!, `pow(${v}, ${exponent})`);
    });
  }
  const bases = new Float32Array([-1, -2, -0.5, -3, -1.5]);
  for (const exponent of [0, 1, 2, 3, 5, 8, -1, -3]) {
    const exponents = new Float32Array(bases.length).fill(exponent);
    const got = await evaluate(scalar.pow(x, scalar.load(1, "f32")), [bases, exponents], "f32");
    bases.forEach((v, i) =>
      assertNear(got[i]!, Math.fround(v ** exponent), `pow(${v}, ${exponent})`)
    );
  }
  const roots = await evaluate(scalar.pow(x, 1.5), [bases], "f32");
  assert(roots.every((v) => Number.isNaN(v)));
});

function assertNear(got: number, wanted: number, label: string): void {
  const near = Object.is(got, wanted) || got === wanted ||
    Math.abs(got - wanted) <= Math.abs(wanted) * 2 ** -22;
  assert(near, `${label} is ${got}, not ${wanted}`);
}
