import { assertEquals } from "@std/assert";
import {
  formatAmount,
  formatBytes,
  formatCount,
  formatQuantity,
  formatRate,
  formatScore,
  formatSeconds,
  formatShare,
} from "../../core/format.ts";

Deno.test("formatCount() puts thousands apart", () => {
  assertEquals(formatCount(60000), "60,000");
  assertEquals(formatCount(7), "7");
  assertEquals(formatCount(999.4), "999");
  assertEquals(formatCount(-1000), "-1,000");
  assertEquals(formatCount(123456789), "123,456,789");
  assertEquals(formatCount(2 ** 80), "1,208,925,819,614,629,174,706,176");
  assertEquals(formatCount(Infinity), "Infinity");
  assertEquals(formatCount(NaN), "NaN");
});

Deno.test("formatScore() gives sensible digits at every size", () => {
  assertEquals(formatScore(0.91432), "0.9143");
  assertEquals(formatScore(1), "1.000");
  assertEquals(formatScore(21.8912), "21.89");
  assertEquals(formatScore(0), "0.0000");
  assertEquals(formatScore(-3.1e-7), "-3.100e-7");
  assertEquals(formatScore(12345.67), "12345.7");
  assertEquals(formatScore(2.5e9), "2.500e+9");
  assertEquals(formatScore(NaN), "NaN");
});

Deno.test("formatRate() gives about three digits", () => {
  assertEquals(formatRate(48234.2), "48,200");
  assertEquals(formatRate(9.3123), "9.31");
  assertEquals(formatRate(Infinity), "-");
});

Deno.test("formatSeconds() gives three digits in the unit that fits", () => {
  assertEquals(formatSeconds(2.54e-10), "0.254 ns");
  assertEquals(formatSeconds(5.123e-8), "51.2 ns");
  assertEquals(formatSeconds(1.682e-7), "168 ns");
  assertEquals(formatSeconds(9.994e-7), "999 ns");
  assertEquals(formatSeconds(9.996e-7), "1.00 µs");
  assertEquals(formatSeconds(3.517e-6), "3.52 µs");
  assertEquals(formatSeconds(4.02e-4), "402 µs");
  assertEquals(formatSeconds(0.00152), "1.52 ms");
  assertEquals(formatSeconds(0.202), "202 ms");
  assertEquals(formatSeconds(2.5), "2.50 s");
  assertEquals(formatSeconds(0), "0 s");
  assertEquals(formatSeconds(-1.4e-17), "0 s");
  assertEquals(formatSeconds(-0.00152), "-1.52 ms");
});

Deno.test("formatSeconds() changes units where a person would", () => {
  assertEquals(formatSeconds(12.34e-6), "12.3 µs");
  assertEquals(formatSeconds(0.00352), "3.52 ms");
  assertEquals(formatSeconds(0.35), "350 ms");
  assertEquals(formatSeconds(3.14), "3.14 s");
  assertEquals(formatSeconds(59.97), "1 min 00 s");
  assertEquals(formatSeconds(125), "2 min 05 s");
  assertEquals(formatSeconds(3719), "1 h 02 min");
  assertEquals(formatSeconds(12345), "3 h 26 min");
  assertEquals(formatSeconds(NaN), "-");
});

Deno.test("formatAmount() puts one thing in the singular", () => {
  assertEquals([0, 1, 2, 9375].map((steps) => formatAmount(steps, "step")), [
    "0 steps",
    "1 step",
    "2 steps",
    "9,375 steps",
  ]);
});

Deno.test("formatShare() gives percent with one decimal", () => {
  assertEquals(formatShare(0.12345), "12.3 %");
  assertEquals(formatShare(NaN), "-");
});

Deno.test("formatQuantity() and formatBytes() give three digits and a prefix", () => {
  assertEquals([0, 950, 999_600, 12_800_000].map(formatQuantity), [
    "0",
    "950",
    "1.00 M",
    "12.8 M",
  ]);
  assertEquals([0, 950, 1000, 1_220_000, 5e15].map(formatBytes), [
    "0 B",
    "950 B",
    "1.00 kB",
    "1.22 MB",
    "5.00e+3 TB",
  ]);
});
