import { assert, assertEquals } from "@std/assert";
import { Samples } from "../../../core/execute/samples.ts";

function medianOf(values: Iterable<number>): number {
  const samples = new Samples();
  for (const value of values) samples.add(value);
  return samples.median;
}

Deno.test("Samples.median is that of few numbers", () => {
  assertEquals(medianOf([3]), 3);
  assertEquals(medianOf([9, 1, 5]), 5);
  assertEquals(medianOf(Array.from({ length: 511 }, (_, i) => (i * 5) % 511)), 255);
  assertEquals(medianOf([]), NaN);
});

Deno.test("Samples.median is near that of many numbers, early and late ones alike", () => {
  for (const count of [513, 5000, 100_000]) {
    const rising = medianOf(Array.from({ length: count }, (_, i) => i));
    assert(Math.abs(rising / count - 0.5) < 0.01, `${rising} of ${count}`);
  }
});
