import { assert, assertEquals } from "@std/assert";
import {
  conv2dInputGradientOp,
  conv2dOp,
  type Conv2dParams,
  conv2dWeightGradientOp,
  type Pair,
} from "../../../../core/ops/mod.ts";
import { scalar } from "../../../../core/graph/mod.ts";
import { sizeOf } from "../../../../core/tensor/mod.ts";
import { wasmDevice } from "../../../../core/devices/wasm/mod.ts";
import {
  hasWideForm,
  type Problem,
  problemOf,
  runShares,
  type ShareOptions,
} from "../../../support/kernels.ts";
import { HandPlan } from "../../../support/plans.ts";

const device = wasmDevice();

function randomArray(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

interface Case extends Partial<Conv2dParams> {
  readonly batch: number;
  readonly size: Pair;
  readonly channels: number;
  readonly kernel: Pair;
  readonly filters: number;
}

/** The convolution of a case, and its two gradients. */
function problemsOf({ batch, size, channels, kernel, filters, ...given }: Case): Problem[] {
  const params = {
    strides: [1, 1] as const,
    padding: [[0, 0], [0, 0]] as const,
    dilation: [1, 1] as const,
    groups: 1,
    ...given,
    inputShape: size,
    kernelShape: kernel,
  };
  const image = [batch, ...size, channels];
  const weight = [...kernel, channels / params.groups, filters];
  const inputs = [image, weight].map((shape) => ({ shape, dtype: "f32" as const }));
  const { shape: output } = conv2dOp.infer(inputs, params);
  const sides = [image, weight, output].map((shape, i) => ({
    shape,
    data: randomArray(sizeOf(shape), 1 + i),
  }));
  const [x, w, y] = sides;
  return [
    problemOf(conv2dOp, params, [x!, w!]),
    problemOf(conv2dInputGradientOp, params, [y!, w!]),
    problemOf(conv2dWeightGradientOp, params, [x!, y!]),
  ];
}

function assertClose(got: ArrayLike<number>, wanted: ArrayLike<number>, label: string): void {
  for (let i = 0; i < wanted.length; i++) {
    const close = Math.abs(got[i]! - wanted[i]!) <= 3e-5 * (1 + Math.abs(wanted[i]!));
    assert(close, `${label}: element ${i} is ${got[i]}, not ${wanted[i]}`);
  }
}

function check(which: Case, options: Omit<ShareOptions, "shares"> = {}): void {
  for (const problem of problemsOf(which)) {
    const got = runShares(problem, { shares: 1, ...options });
    assertClose(got, problem.wanted, `${problem.op.name} ${JSON.stringify(which)}`);
  }
}

const kernelSizes: readonly Pair[] = [[1, 1], [2, 3], [3, 3], [5, 5]];

Deno.test("convolution kernels compute every kernel size, number of channels and of filters", () => {
  for (const kernel of kernelSizes) {
    for (const channels of [1, 3, 8, 9]) {
      for (const filters of [1, 8, 10, 16, 17]) {
        check({ batch: 3, size: [6, 7], channels, kernel, filters });
      }
    }
  }
});

Deno.test("convolution kernels compute every batch", () => {
  for (const batch of [0, 1, 2, 3, 4, 5, 7, 9]) {
    check({ batch, size: [6, 11], channels: 2, kernel: [3, 3], filters: 9 });
    const padding = [[1, 1], [1, 1]] as const;
    check({ batch, size: [5, 9], channels: 3, kernel: [3, 3], filters: 4, padding });
  }
});

Deno.test("convolution kernels compute strides, paddings and dilations", () => {
  const paddings = [[[0, 0], [0, 0]], [[1, 2], [0, 1]], [[0, 1], [3, 2]], [[4, 4], [
    4,
    4,
  ]]] as const;
  for (const batch of [1, 4]) {
    for (const strides of [[1, 1], [2, 1], [1, 3], [2, 2], [3, 3]] as const) {
      for (const padding of paddings) {
        for (const dilation of [[1, 1], [1, 2], [2, 1], [3, 2]] as const) {
          for (const channels of [1, 3, 4]) {
            const kernel = [2, 3] as const;
            const common = { batch, channels, kernel, filters: 5, strides, padding, dilation };
            check({ ...common, size: [7, 9] });
          }
        }
      }
    }
  }
});

Deno.test("convolution kernels compute groups, those of one channel too", () => {
  const padding = [[1, 0], [1, 1]] as const;
  for (
    const [channels, filters, groups] of [[4, 6, 2], [6, 9, 3], [5, 5, 5], [8, 16, 8]] as const
  ) {
    for (const strides of [[1, 1], [2, 3]] as const) {
      for (const batch of [1, 6]) {
        const common = { batch, size: [6, 8] as const, channels, filters, groups, strides };
        check({ ...common, kernel: [3, 3], padding });
        check({ ...common, kernel: [1, 1] });
        check({ ...common, kernel: [2, 3], dilation: [2, 2] });
      }
    }
  }
  for (const channels of [2, 9, 16, 21]) {
    check({
      batch: 2,
      size: [9, 9],
      channels,
      filters: channels,
      groups: channels,
      kernel: [3, 3],
    });
  }
});

Deno.test("convolution kernels compute sizes 0 and 1, and kernels in nothing but padding", () => {
  check({ batch: 1, size: [1, 1], channels: 1, kernel: [1, 1], filters: 1 });
  check({ batch: 2, size: [3, 3], channels: 0, kernel: [2, 2], filters: 3 });
  check({ batch: 2, size: [3, 3], channels: 3, kernel: [2, 2], filters: 0 });
  const padding = [[2, 3], [3, 3]] as const;
  check({ batch: 2, size: [0, 2], channels: 3, kernel: [2, 2], filters: 3, padding });
  check({ batch: 2, size: [1, 1], channels: 2, kernel: [1, 1], filters: 3, padding });
});

Deno.test("convolution kernels compute images of many parts", () => {
  check({ batch: 1, size: [40, 50], channels: 16, kernel: [3, 3], filters: 16 });
  check({
    batch: 5,
    size: [24, 24],
    channels: 8,
    kernel: [3, 3],
    filters: 24,
    padding: [[1, 1], [1, 1]],
  });
  check({ batch: 9, size: [28, 28], channels: 1, kernel: [5, 5], filters: 8 });
});

Deno.test("convolution kernels read operands whose axes lie in any order", () => {
  const orders: readonly ShareOptions["orders"][] = [
    [[0, 3, 1, 2], [3, 2, 0, 1]],
    [[1, 2, 3, 0], [0, 1, 3, 2]],
    [[0, 2, 1, 3], [0, 3, 1, 2]],
  ];
  for (const order of orders) {
    for (const [channels, groups] of [[1, 1], [3, 1], [4, 2], [5, 5]] as const) {
      const common = { batch: 4, size: [5, 6] as const, channels, groups, filters: 10 };
      check({ ...common, kernel: [3, 2] }, { orders: order! });
      check({ ...common, kernel: [3, 2], padding: [[1, 1], [1, 1]] }, { orders: order! });
    }
  }
});

function bitsOf(data: ArrayLike<number>): Uint32Array {
  return new Uint32Array(Float32Array.from(data).buffer);
}

/** Whether vectors of 128 and 256 bits give the same bits; gives the ops that have both forms. */
function checkWide(which: Case, options: Omit<ShareOptions, "shares"> = {}): string[] {
  const problems = problemsOf(which).filter(hasWideForm);
  for (const problem of problems) {
    const label = `${problem.op.name} ${JSON.stringify(which)}`;
    const narrow = runShares(problem, { shares: 1, ...options });
    assertClose(narrow, problem.wanted, label);
    for (const shares of [1, 2, 3]) {
      const wide = runShares(problem, { shares, vectorBits: 256, ...options });
      assertEquals(bitsOf(wide), bitsOf(narrow), `${label} in ${shares} shares`);
    }
  }
  return problems.map(({ op }) => op.name);
}

const [forward, byInput, byWeight] = ["conv2d", "conv2dInputGradient", "conv2dWeightGradient"];

Deno.test("convolution kernels give the same bits in vectors of 256 bits", () => {
  const common = { batch: 7, size: [9, 8] as const, kernel: [3, 3] as const };
  // lanes that are filled, and outputs that are left over
  for (const filters of [15, 16, 17, 24, 32]) {
    const own = filters === 15 ? [] : [forward];
    const gradient = filters === 15 ? [] : [byWeight];
    for (const channels of [7, 8, 9, 16, 17]) {
      const other = channels === 8 || channels >= 16 ? [byInput] : [];
      const found = checkWide({ ...common, channels, filters });
      assertEquals(found, [...own, ...other, ...gradient], `${channels} to ${filters}`);
    }
  }
  assertEquals(checkWide({ ...common, channels: 5, filters: 8 }), [forward]);
  // places of a tap in parts
  assertEquals(checkWide({ ...common, channels: 70, filters: 16 }).length, 3);
  // one image, whose neighbours make blocks, in parts of rows with a rest
  const large = { batch: 1, size: [15, 34] as const, channels: 16, filters: 16 };
  assertEquals(checkWide({ ...large, kernel: [2, 3] }).length, 3);
  // rows of taps taken together, with a rest
  assertEquals(checkWide({ ...common, kernel: [5, 2], channels: 8, filters: 16 }).length, 3);
  // a kernel that fits one part
  assertEquals(checkWide({ ...common, kernel: [1, 1], channels: 16, filters: 16 }).length, 2);
});

Deno.test("convolution kernels step and pad alike in vectors of 256 bits", () => {
  const paddings = [[[0, 0], [0, 0]], [[1, 2], [0, 1]]] as const;
  const found: string[] = [];
  for (const batch of [2, 11]) {
    for (const strides of [[1, 1], [2, 1], [1, 3], [2, 2]] as const) {
      for (const padding of paddings) {
        for (const dilation of [[1, 1], [1, 2]] as const) {
          const common = { batch, channels: 16, filters: 16, kernel: [3, 3] as const };
          const size = [13, 11] as const;
          found.push(...checkWide({ ...common, size, strides, padding, dilation }));
        }
      }
    }
  }
  // steps can leave out pixels, which no tap meets: then all are computed in 128 bits
  const counts = [forward, byInput, byWeight].map((name) =>
    found.filter((other) => other === name).length
  );
  assertEquals(counts, [32, 22, 32]);
  const padding = [[1, 0], [1, 1]] as const;
  for (const [channels, filters, groups] of [[32, 34, 2], [16, 48, 2], [24, 48, 3]] as const) {
    const common = { batch: 6, size: [9, 8] as const, channels, filters, groups };
    assertEquals(checkWide({ ...common, kernel: [3, 3], padding }).length, 3);
    checkWide({ ...common, kernel: [2, 3], strides: [2, 1] });
  }
});

Deno.test("convolution kernels read any order and are strict in vectors of 256 bits", () => {
  const common = { batch: 6, size: [9, 8] as const, kernel: [3, 3] as const };
  const padding = [[1, 1], [1, 1]] as const;
  for (const orders of [[[0, 3, 1, 2], [3, 2, 0, 1]], [[1, 2, 3, 0], [0, 1, 3, 2]]]) {
    checkWide({ ...common, channels: 16, filters: 17 }, { orders });
    checkWide({ ...common, channels: 8, filters: 16, padding }, { orders });
  }
  checkWide({ ...common, channels: 16, filters: 17, padding }, { arithmetic: "strict" });
});

Deno.test("convolution kernels share work among threads in vectors of 256 bits", async () => {
  const cases: readonly Case[] = [
    { batch: 13, size: [12, 12], channels: 8, kernel: [5, 5], filters: 16 },
    {
      batch: 9,
      size: [10, 11],
      channels: 16,
      kernel: [3, 3],
      filters: 33,
      padding: [[1, 1], [1, 1]],
    },
  ];
  for (const which of cases) {
    for (const { op, params, operands, output, wanted } of problemsOf(which)) {
      const run = async (vectorBits: 128 | 256, threads: number) => {
        const plan = new HandPlan(device.target);
        const placed = operands.map(({ shape, data }) => ({
          access: plan.access(plan.buffer(data), shape),
          shape,
        }));
        const guards = [plan.buffer(new Float32Array(16).fill(5))];
        const result = plan.buffer(new Float32Array(wanted.length).fill(99));
        guards.push(plan.buffer(new Float32Array(16).fill(5)));
        const { shape } = output;
        plan.kernel({
          shape,
          anchor: { kind: "op", op, params, operands: placed, output },
          loads: [],
          results: [{ expression: scalar.anchor("f32"), store: plan.access(result, shape) }],
        });
        const contents = await plan.run(wasmDevice({ vectorBits }), threads);
        for (const guard of guards) {
          assertEquals(contents[guard], new Float32Array(16).fill(5), `${op.name}: a guard`);
        }
        return contents[result]!;
      };
      const narrow = await run(128, 1);
      assertClose(narrow, wanted, op.name);
      for (const threads of [1, 2, 3]) {
        const label = `${op.name} on ${threads} threads`;
        assertEquals(bitsOf(await run(256, threads)), bitsOf(narrow), label);
      }
    }
  }
});

Deno.test("convolution kernels have a strict form", () => {
  check({ batch: 5, size: [7, 7], channels: 3, kernel: [3, 3], filters: 9 }, {
    arithmetic: "strict",
  });
});

Deno.test("convolution kernels give the same bits in any number of shares", () => {
  const padding = [[1, 1], [2, 0]] as const;
  const cases: readonly Case[] = [
    { batch: 6, size: [12, 12], channels: 1, kernel: [5, 5], filters: 8 },
    { batch: 9, size: [9, 9], channels: 8, kernel: [3, 3], filters: 17, padding },
    { batch: 1, size: [13, 13], channels: 3, kernel: [3, 3], filters: 5, strides: [2, 2], padding },
    { batch: 3, size: [7, 7], channels: 6, kernel: [2, 3], filters: 6, groups: 6, padding },
  ];
  for (const which of cases) {
    for (const problem of problemsOf(which)) {
      const alone = runShares(problem, { shares: 1 });
      for (const shares of [2, 3, 4, 7]) assertEquals(runShares(problem, { shares }), alone);
    }
  }
});

Deno.test("convolution kernels compute the results from their sums", async () => {
  const cases: readonly Case[] = [
    { batch: 6, size: [6, 6], channels: 3, kernel: [3, 3], filters: 10 },
    { batch: 1, size: [9, 9], channels: 4, kernel: [2, 2], filters: 8, strides: [2, 2] },
  ];
  for (const which of cases) {
    for (const { op, params, operands, output: { shape }, wanted } of problemsOf(which)) {
      const plan = new HandPlan(device.target);
      const anchor = {
        kind: "op" as const,
        op,
        params,
        operands: operands.map(({ shape, data }) => ({
          access: plan.access(plan.buffer(data), shape),
          shape,
        })),
        output: { shape, dtype: "f32" as const },
      };
      const columns = shape.at(-1)!;
      const bias = randomArray(columns, 9);
      const before = randomArray(wanted.length, 4);
      const [first, second] = [plan.buffer(bias), plan.buffer(before.slice())];
      const result = plan.buffer(new Float32Array(wanted.length));
      const loads = [
        plan.access(first, shape, { strides: [0, 0, 0, 1] }),
        plan.access(second, shape),
      ];
      const sum = scalar.add(scalar.anchor("f32"), scalar.load(0, "f32"));
      plan.kernel({
        shape,
        anchor,
        loads,
        results: [
          // in place of an operand of the results
          { expression: scalar.sub(scalar.load(1, "f32"), sum), store: loads[1]! },
          { expression: scalar.max(sum, 0), store: plan.access(result, shape) },
        ],
      });
      const contents = await plan.run(device);
      const biased = wanted.map((value, i) => value + bias[i % columns]!);
      assertClose(contents[result]!, biased.map((value) => Math.max(0, value)), op.name);
      assertClose(contents[second]!, biased.map((value, i) => before[i]! - value), op.name);
    }
  }
});
