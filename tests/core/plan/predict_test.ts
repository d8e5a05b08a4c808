import { assertAlmostEquals, assertEquals } from "@std/assert";
import { type Command, GraphBuilder, ops, type Plan, wasmDevice } from "@millrace/millrace";
import { betterLimits, type Limits, plan, predictSeconds } from "../../../core/plan/mod.ts";

const limits: Limits = {
  threads: 2,
  contraction: { alone: 1000, together: 2000 },
  elementwise: { alone: 100, together: 190 },
  bandwidth: [
    { bytes: 100, alone: 50, together: 90 },
    { bytes: 10_000, alone: 10, together: 15 },
  ],
};

/** One command: a product of `[4, 8]` and `[8, 2]` with relu, or the relu alone. */
function planOf(
  kind: "product" | "relu",
  changes: Partial<Pick<Command, "bytes" | "flops" | "shared">>,
): Plan {
  const builder = new GraphBuilder();
  const x = builder.input("x", { shape: [4, 8], dtype: "f32" });
  const weight = builder.input("weight", { shape: [8, 2], dtype: "f32" });
  builder.output("y", ops.relu(kind === "product" ? ops.matmul(x, weight) : x));
  const planned = plan(builder.build("y"), { target: wasmDevice().target });
  const [command] = planned.commands;
  return { ...planned, commands: [{ ...command!, ...changes }] };
}

const secondsOf = (plan: Plan) => predictSeconds(plan, limits)[0]!;

Deno.test("predictSeconds() counts a contraction and what is fused to it each at its own pace", () => {
  const [product, relu] = [4 * 8 * 2 * 2, 4 * 2];
  const alone = planOf("product", { bytes: 0, shared: false });
  assertEquals(alone.commands[0]!.flops, product + relu);
  assertAlmostEquals(secondsOf(alone), product / 1000 + relu / 100, 1e-12);
  const together = planOf("product", { bytes: 0, shared: true });
  assertAlmostEquals(secondsOf(together), product / 2000 + relu / 190, 1e-12);
});

Deno.test("predictSeconds() takes the slower of arithmetic and memory", () => {
  assertAlmostEquals(secondsOf(planOf("relu", { flops: 300, bytes: 100, shared: false })), 3);
  assertAlmostEquals(secondsOf(planOf("relu", { flops: 100, bytes: 100, shared: false })), 2);
});

Deno.test("predictSeconds() takes the bandwidth of the bytes that a kernel touches", () => {
  const rate = (bytes: number, shared: boolean) =>
    bytes / secondsOf(planOf("relu", { flops: 0, bytes, shared }));
  assertAlmostEquals(rate(1, false), 50);
  assertAlmostEquals(rate(100, true), 90);
  // half way between 100 and 10,000 by the logarithm
  assertAlmostEquals(rate(1000, false), 30);
  assertAlmostEquals(rate(1000, true), 52.5);
  assertAlmostEquals(rate(1e9, true), 15);
});

Deno.test("betterLimits() takes the better of every reach", () => {
  const slower: Limits = {
    ...limits,
    contraction: { alone: 500, together: 2500 },
    bandwidth: limits.bandwidth.map(({ bytes }, i) => ({
      bytes,
      alone: 20,
      together: 10 + 90 * i,
    })),
  };
  assertEquals(betterLimits(limits, slower), {
    threads: 2,
    contraction: { alone: 1000, together: 2500 },
    elementwise: { alone: 100, together: 190 },
    bandwidth: [
      { bytes: 100, alone: 50, together: 90 },
      { bytes: 10_000, alone: 20, together: 100 },
    ],
  });
});
