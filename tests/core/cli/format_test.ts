import { assertEquals } from "@std/assert";
import {
  formatCount,
  formatRate,
  formatScore,
  formatSeconds,
  formatTable,
  formatTime,
  quoteArgument,
} from "../../../core/cli/format.ts";

Deno.test("formatCount() puts thousands apart", () => {
  assertEquals(formatCount(60000), "60,000");
  assertEquals(formatCount(7), "7");
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

Deno.test("formatTime() gives three digits in the unit that fits", () => {
  assertEquals(formatTime(5.123e-8), "51.2 ns");
  assertEquals(formatTime(4.02e-4), "402 µs");
  assertEquals(formatTime(9.996e-7), "1.00 µs");
  assertEquals(formatTime(0.00152), "1.52 ms");
  assertEquals(formatTime(2.5), "2.50 s");
  assertEquals(formatTime(12345), "12345 s");
  assertEquals(formatTime(0), "0 ns");
  assertEquals(formatTime(NaN), "-");
});

Deno.test("formatSeconds() changes units where a person would", () => {
  assertEquals(formatSeconds(0.00035), "0.3 ms");
  assertEquals(formatSeconds(0.35), "350 ms");
  assertEquals(formatSeconds(3.14), "3.1 s");
  assertEquals(formatSeconds(59.97), "1 min 00 s");
  assertEquals(formatSeconds(125), "2 min 05 s");
  assertEquals(formatSeconds(3719), "1 h 02 min");
  assertEquals(formatSeconds(NaN), "-");
});

Deno.test("formatTable() aligns columns and leaves no blanks at the end", () => {
  assertEquals(
    formatTable([["", "train"], ["loss", "0.5"], ["accuracy", "10.25"]], { right: [1] }),
    "          train\nloss        0.5\naccuracy  10.25\n",
  );
  assertEquals(formatTable([["a", ""]]), "a\n");
});

Deno.test("quoteArgument() quotes what a shell would take apart", () => {
  assertEquals(quoteArgument("runs/mnist-20260101-120000"), "runs/mnist-20260101-120000");
  assertEquals(quoteArgument("my runs/it's"), `'my runs/it'\\''s'`);
});
