import { assert, assertEquals } from "@std/assert";
import { matmulOp } from "../../../../core/ops/mod.ts";
import { type Op, scalar } from "../../../../core/graph/mod.ts";
import { type Shape, sizeOf } from "../../../../core/tensor/mod.ts";
import { wasmDevice } from "../../../../core/devices/wasm/mod.ts";
import { HandPlan } from "../../../support/plans.ts";

const devices = {
  fast: wasmDevice({ vectorBits: 128 }),
  strict: wasmDevice({ arithmetic: "strict", vectorBits: 128 }),
  wide: wasmDevice({ vectorBits: 256 }),
  wideStrict: wasmDevice({ arithmetic: "strict", vectorBits: 256 }),
};

function randomArray(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

interface Case {
  readonly batch?: Shape;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeLhs: boolean;
  readonly transposeRhs: boolean;
  /** Whether every matrix of the batch has the same right side. */
  readonly repeatsRhs?: boolean;
}

/** A plan with one product, and its operands. */
function productOf(
  { batch = [], m, n, k, transposeLhs, transposeRhs, repeatsRhs = false }: Case,
) {
  const plan = new HandPlan(devices.fast.target);
  const count = sizeOf(batch);
  const a = randomArray(count * m * k, 1 + m + k);
  const b = randomArray((repeatsRhs ? 1 : count) * k * n, 2 + n);
  const lhsShape = [...batch, ...(transposeLhs ? [k, m] : [m, k])];
  const rhsShape = [...batch, ...(transposeRhs ? [n, k] : [k, n])];
  const lhs = plan.access(plan.buffer(a), lhsShape);
  const rhs = plan.access(plan.buffer(b), rhsShape);
  const strides = rhs.strides.map((s, axis) => (repeatsRhs && axis < batch.length ? 0 : s));
  const shape = [...batch, m, n];
  const [lhsRow, lhsInner] = transposeLhs ? [1, m] : [k, 1];
  const [rhsInner, rhsColumn] = transposeRhs ? [1, k] : [n, 1];
  const wanted = new Float64Array(sizeOf(shape));
  for (let i = 0; i < wanted.length; i++) {
    const [matrix, row, column] = [Math.floor(i / (m * n)), Math.floor(i / n) % m, i % n];
    for (let p = 0; p < k; p++) {
      wanted[i]! += a[matrix * m * k + row * lhsRow + p * lhsInner]! *
        b[(repeatsRhs ? 0 : matrix) * k * n + p * rhsInner + column * rhsColumn]!;
    }
  }
  const anchor = {
    kind: "op" as const,
    op: matmulOp as Op,
    params: { transposeLhs, transposeRhs },
    operands: [
      { access: lhs, shape: lhsShape },
      { access: { ...rhs, strides }, shape: rhsShape },
    ],
    output: { shape, dtype: "f32" as const },
  };
  return { plan, anchor, shape, wanted };
}

function assertClose(got: ArrayLike<number>, wanted: ArrayLike<number>, label: string): void {
  for (let i = 0; i < wanted.length; i++) {
    const close = Math.abs(got[i]! - wanted[i]!) <= 2e-5 * (1 + Math.abs(wanted[i]!));
    assert(close, `${label}: element ${i} is ${got[i]}, not ${wanted[i]}`);
  }
}

async function checkPlain(
  which: Case,
  device = devices.fast,
  threads = 1,
): Promise<Float32Array> {
  const { plan, anchor, shape, wanted } = productOf(which);
  const output = plan.buffer(new Float32Array(sizeOf(shape)).fill(99));
  const guard = plan.buffer(new Float32Array([5]));
  plan.kernel({
    shape,
    anchor,
    loads: [],
    results: [{ expression: scalar.anchor("f32"), store: plan.access(output, shape) }],
  });
  const contents = await plan.run(device, threads);
  assertClose(contents[output]!, wanted, JSON.stringify(which));
  assertEquals(contents[guard]![0], 5);
  return contents[output] as Float32Array;
}

/** Whether vectors of 128 and 256 bits give the same bits, and the right ones. */
async function checkWide(which: Case, threads = 1): Promise<void> {
  const narrow = await checkPlain(which, devices.fast);
  const wide = await checkPlain(which, devices.wide, threads);
  const bits = (data: Float32Array) => new Uint32Array(data.buffer, data.byteOffset, data.length);
  assertEquals(bits(wide), bits(narrow), JSON.stringify(which));
}

const transposes = [false, true].flatMap((transposeLhs) =>
  [false, true].map((transposeRhs) => ({ transposeLhs, transposeRhs }))
);

Deno.test("matmul kernel multiplies matrices of every small size, transposed or not", async () => {
  const sizes = [0, 1, 3, 5, 8, 13];
  for (const transpose of transposes) {
    for (const m of [...sizes, 2, 6, 7]) {
      for (const n of [...sizes, 4, 9, 10]) {
        for (const k of sizes) await checkPlain({ m, n, k, ...transpose });
      }
    }
  }
});

Deno.test("matmul kernel multiplies larger matrices, in parts and blocks", async () => {
  const cases = [[33, 40, 33], [32, 128, 784], [10, 20, 1601], [7, 300, 900], [1, 70, 2000]];
  for (const transpose of transposes) {
    for (const [m, n, k] of cases) await checkPlain({ m: m!, n: n!, k: k!, ...transpose });
    await checkPlain({ m: 11, n: 1027, k: 270, ...transpose });
  }
});

Deno.test("matmul kernel multiplies batches of matrices", async () => {
  for (const transpose of transposes) {
    for (const batch of [[1], [3], [2, 3], [2, 0]]) {
      for (const [m, n, k] of [[1, 3, 5], [7, 9, 4], [13, 8, 2], [6, 10, 7]]) {
        for (const repeatsRhs of [false, true]) {
          await checkPlain({ batch, m: m!, n: n!, k: k!, repeatsRhs, ...transpose });
        }
      }
    }
  }
});

Deno.test("matmul kernel gives the same bits in vectors of 256 bits", async () => {
  for (const transpose of transposes) {
    // rows and columns as lanes, whole and not; one part and several; a rest of rows
    for (const m of [10, 16, 19, 33]) {
      for (const n of [15, 16, 35]) {
        for (const k of [7, 8, 64, 131]) await checkWide({ m, n, k, ...transpose });
      }
    }
    const cases = [[32, 128, 784], [784, 128, 32], [520, 17, 9], [21, 700, 66], [30, 300, 70]];
    for (const [m, n, k] of cases) await checkWide({ m: m!, n: n!, k: k!, ...transpose });
    await checkWide({ batch: [3], m: 23, n: 35, k: 19, ...transpose });
    // rows at a distance that caches do not like, and so are packed
    await checkWide({ m: 64, n: 1024, k: 20, ...transpose });
    await checkWide({ m: 1024, n: 96, k: 70, ...transpose });
    // rows of the output in pages of their own: several parts at a time, the last one alone
    await checkWide({ m: 26, n: 1027, k: 330, ...transpose });
    // threads share rows, and chunks of columns
    for (const threads of [2, 3]) {
      await checkWide({ m: 100, n: 35, k: 70, ...transpose }, threads);
      await checkWide({ m: 32, n: 48 * threads, k: 100, ...transpose }, threads);
      await checkWide({ m: 17, n: 24 * threads, k: 65, ...transpose }, threads);
    }
    // shares of fewer rows than a block has
    await checkWide({ m: 16, n: 32, k: 1100, ...transpose }, 4);
    await checkWide({ batch: [3], m: 16, n: 17, k: 70, ...transpose }, 5);
  }
});

Deno.test("matmul kernel has a strict form in vectors of 256 bits", async () => {
  for (const transpose of transposes) {
    await checkPlain({ m: 33, n: 21, k: 90, ...transpose }, devices.wideStrict);
  }
});

Deno.test("matmul kernel has a strict form", async () => {
  for (const transpose of transposes) {
    await checkPlain({ m: 13, n: 21, k: 9, ...transpose }, devices.strict);
  }
});

Deno.test("matmul kernel computes the results from its sums", async () => {
  for (const [m, n, k] of [[1, 1, 1], [5, 10, 7], [33, 16, 3], [13, 300, 900]]) {
    for (const transpose of transposes) {
      const { plan, anchor, shape, wanted } = productOf({ m: m!, n: n!, k: k!, ...transpose });
      const bias = randomArray(n!, 9);
      const [first, second] = [plan.buffer(bias), plan.buffer(randomArray(m! * n!, 4))];
      const sums = plan.buffer(new Float32Array(m! * n!));
      const loads = [
        plan.access(first, shape, { strides: [0, 1] }),
        plan.access(second, shape),
      ];
      const before = randomArray(m! * n!, 4);
      const sum = scalar.add(scalar.anchor("f32"), scalar.load(0, "f32"));
      plan.kernel({
        shape,
        anchor,
        loads,
        results: [
          // in place of an operand of the results
          { expression: scalar.sub(scalar.load(1, "f32"), sum), store: loads[1]! },
          { expression: scalar.max(sum, 0), store: plan.access(sums, shape) },
        ],
      });
      const contents = await plan.run(devices.fast);
      const biased = wanted.map((value, i) => value + bias[i % n!]!);
      const label = `${m}x${k}x${n}`;
      assertClose(contents[sums]!, biased.map((value) => Math.max(0, value)), label);
      assertClose(contents[second]!, biased.map((value, i) => before[i]! - value), label);
    }
  }
});

Deno.test("matmul kernel keeps its sums in scratch memory when no result can hold them", async () => {
  const { plan, anchor, shape, wanted } = productOf({
    m: 9,
    n: 5,
    k: 3,
    transposeLhs: false,
    transposeRhs: false,
  });
  const positive = plan.buffer(new Uint8Array(45));
  plan.kernel({
    shape,
    anchor,
    loads: [],
    results: [{
      expression: scalar.cast(scalar.less(0, scalar.anchor("f32")), "u32"),
      store: plan.access(positive, shape),
    }],
  });
  const contents = await plan.run(devices.fast);
  assertEquals(contents[positive], Uint8Array.from(wanted, (value) => value > 0 ? 1 : 0));
});

Deno.test("matmul kernel computes results whose operands do not follow its rows", async () => {
  const batch = [2, 3];
  const [m, n] = [4, 5];
  const { plan, anchor, shape, wanted } = productOf({
    batch,
    m,
    n,
    k: 6,
    transposeLhs: false,
    transposeRhs: false,
  });
  const mask = randomArray(2 * n, 11);
  const load = plan.access(plan.buffer(mask), shape, { strides: [n, 0, 0, 1] });
  const output = plan.buffer(new Float32Array(sizeOf(shape)));
  plan.kernel({
    shape,
    anchor,
    loads: [load],
    results: [{
      expression: scalar.mul(scalar.anchor("f32"), scalar.load(0, "f32")),
      store: plan.access(output, shape),
    }],
  });
  const contents = await plan.run(devices.fast);
  const masked = wanted.map((v, i) => v * mask[Math.floor(i / (3 * m * n)) * n + i % n]!);
  assertClose(contents[output]!, masked, "masked");
});
