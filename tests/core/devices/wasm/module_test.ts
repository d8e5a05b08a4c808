import { assert, assertEquals, assertThrows } from "@std/assert";
import { PipelineError } from "@millrace/millrace";
import { matmulOp } from "../../../../core/ops/mod.ts";
import { type Op, scalar } from "../../../../core/graph/mod.ts";
import { type Shape, sizeOf } from "../../../../core/tensor/mod.ts";
import type { Anchor, Plan } from "../../../../core/plan/mod.ts";
import { wasmDevice } from "../../../../core/devices/wasm/mod.ts";
import { assemblePlan } from "../../../../core/devices/wasm/module.ts";
import { HandPlan } from "../../../support/plans.ts";

const { target } = wasmDevice();
const x = scalar.load(0, "f32");

function waves(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(1 + 3 * i));
}

/** A plan of one command whose loads and operands are waves; its result is the last buffer. */
function planOf(
  shape: Shape,
  make: (plan: HandPlan) => { anchor: Anchor | null; loads: readonly number[][] },
): Plan {
  const plan = new HandPlan(target);
  const { anchor, loads } = make(plan);
  const accesses = loads.map((strides) =>
    plan.access(plan.buffer(waves(sizeOf(shape))), shape, { strides })
  );
  const output = plan.access(plan.buffer(new Float32Array(sizeOf(shape))), shape);
  const expression = anchor === null ? scalar.mul(scalar.exp(x), x) : scalar.anchor("f32");
  plan.kernel({ shape, anchor, loads: accesses, results: [{ expression, store: output }] });
  return plan.plan();
}

function reduction(shape: Shape, axes: readonly number[]): Plan {
  return planOf(shape.map((size, axis) => (axes.includes(axis) ? 1 : size)), (plan) => ({
    anchor: {
      kind: "reduce",
      operator: "add",
      shape,
      axes,
      loads: [plan.access(plan.buffer(waves(sizeOf(shape))), shape)],
      body: x,
    },
    loads: [],
  }));
}

function product(batch: Shape, [m, n, k]: readonly [number, number, number]): Plan {
  return planOf([...batch, m, n], (plan) => ({
    anchor: {
      kind: "op",
      op: matmulOp as Op,
      params: { transposeLhs: false, transposeRhs: false },
      operands: [[...batch, m, k], [...batch, k, n]].map((shape) => ({
        access: plan.access(plan.buffer(waves(sizeOf(shape))), shape),
        shape,
      })),
      output: { shape: [...batch, m, n], dtype: "f32" },
    },
    loads: [],
  }));
}

const plans: readonly Plan[] = [
  planOf([1], () => ({ anchor: null, loads: [[0]] })),
  planOf([100], () => ({ anchor: null, loads: [[1]] })),
  planOf([7, 9], () => ({ anchor: null, loads: [[1, 7]] })),
  reduction([50], [0]),
  reduction([9, 21], [1]),
  reduction([9, 77], [0]),
  reduction([5, 6, 7], [1]),
  product([], [33, 20, 11]),
  product([], [3, 20, 11]),
  product([5], [13, 4, 3]),
  product([], [20, 96, 33]),
  product([], [7, 96, 400]),
  product([], [2, 112, 5]),
  product([2, 2], [1, 9, 3]),
];

/** Runs a plan of one command on some threads, and gives the bits of its result. */
async function run(plan: Plan, threads: number): Promise<Uint32Array> {
  const session = await wasmDevice().open({ threads });
  const executable = await session.prepare(plan);
  for (const buffer of plan.buffers.slice(0, -1)) {
    await session.write(buffer, waves(buffer.length));
  }
  await executable.run();
  const result = await session.read({ ...plan.buffers.at(-1)!, dtype: "u32" });
  await session.close();
  return result as Uint32Array;
}

Deno.test("assemblePlan() splits commands so that results do not depend on the number of threads", async () => {
  for (const plan of plans) {
    const alone = await run(plan, 1);
    assert(alone.some((bits) => bits !== 0));
    for (const threads of [2, 3, 4, 7]) assertEquals(await run(plan, threads), alone);
  }
});

Deno.test("assemblePlan() makes valid modules with barriers and without", () => {
  for (const plan of plans) {
    for (const threads of [1, 2]) {
      assert(WebAssembly.validate(assemblePlan(plan, { arithmetic: "fast", threads }).bytes));
    }
  }
});

Deno.test("assemblePlan() refuses a plan beyond 4 GiB", () => {
  assertThrows(
    () =>
      assemblePlan({ ...plans[0]!, name: "large", bytes: 2 ** 32 }, {
        arithmetic: "fast",
        threads: 1,
      }),
    PipelineError,
    'Cannot compile plan "large" for device "wasm"',
  );
});

Deno.test("assemblePlan() names the op that has no kernel and the file to add", () => {
  const plan = product([], [2, 2, 2]);
  const { kernel } = plan.commands[0]!;
  const anchor = { ...kernel.anchor!, op: { ...matmulOp, name: "sort" } as Op } as Anchor;
  const command = { ...plan.commands[0]!, kernel: { ...kernel, anchor } };
  assertThrows(
    () =>
      assemblePlan({ ...plan, commands: [command] }, {
        arithmetic: "fast",
        threads: 1,
      }),
    TypeError,
    "add core/devices/wasm/kernels/sort.ts",
  );
});
