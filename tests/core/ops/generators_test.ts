import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { streamOf, threefry2x32 } from "../../../core/tensor/mod.ts";
import { iota, randomUniform } from "../../../core/ops/mod.ts";
import { numbers, tensor, valueOf, valuesOf } from "../../support/apply.ts";

const counter = (value: number) => tensor([value], { shape: [], dtype: "u32" });

Deno.test("randomUniform() draws what threefry2x32() draws on the host", () => {
  const stream = streamOf("logits.dropout");
  const drawn = numbers(
    [counter(7), counter(3)],
    (seed, step) => randomUniform({ seed: seed!, step: step!, shape: [5, 20], stream }),
  );
  assertEquals(
    drawn,
    Array.from({ length: 100 }, (_, i) => (threefry2x32([7, stream], i, 3)[0] >>> 8) / 2 ** 24),
  );
});

Deno.test("randomUniform() is uniform in [0, 1), anew for each seed, stream and step", () => {
  const draw = (seed: number, stream: number, step: number) =>
    numbers(
      [counter(seed), counter(step)],
      (seed, step) => randomUniform({ seed: seed!, step: step!, shape: [2000], stream }),
    );
  const first = draw(0, 1, 1);
  assert(first.every((x) => x >= 0 && x < 1));
  const mean = first.reduce((sum, x) => sum + x, 0) / first.length;
  // four standard deviations of the mean of 2000 draws
  assertLess(Math.abs(mean - 0.5), 4 * Math.sqrt(1 / 12 / 2000));
  assertEquals(draw(0, 1, 1), first);
  for (const other of [draw(1, 1, 1), draw(0, 2, 1), draw(0, 1, 2)]) {
    assertLess(other.filter((x, i) => x === first[i]).length, 3);
  }
});

Deno.test("randomUniform() rejects a seed or step that is no u32 scalar", () => {
  const [seed, float, many] = valuesOf([[], "u32"], [[]], [[2], "u32"]);
  assertThrows(
    () => randomUniform({ seed: seed!, step: float!, shape: [2], stream: 0 }),
    TypeError,
    "Cannot draw random numbers: received step f32[], expected u32[]",
  );
  assertThrows(
    () => randomUniform({ seed: many!, step: seed!, shape: [2], stream: 0 }),
    TypeError,
    "Cannot draw random numbers: received seed u32[2], expected u32[]",
  );
});

Deno.test("iota() rejects an axis that the shape has not", () => {
  const { builder } = valueOf([]);
  assertThrows(
    () => iota(builder, { shape: [2, 3], axis: 2, dtype: "i32" }),
    RangeError,
    "Cannot count along axis 2 of [2, 3]",
  );
});
