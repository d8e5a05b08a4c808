import { assertEquals } from "@std/assert";
import { formatDigits, formatMeasurements } from "../../../bench/support/format.ts";

Deno.test("formatDigits() gives three digits and no exponent", () => {
  assertEquals(formatDigits(1254), "1250");
  assertEquals(formatDigits(0.9996), "1.00");
  assertEquals(formatDigits(48.23), "48.2");
  assertEquals(formatDigits(0.5), "0.500");
  assertEquals(formatDigits(0.003944), "0.00394");
  assertEquals(formatDigits(0), "0.00");
});

Deno.test("formatMeasurements() computes GFLOP/s, share of the peak, and speed-up", () => {
  const matmul = { question: "matmul", case: "matmul 64x64x64", flops: 524_288, bytes: 49_152 };
  const copy = { question: "ops", case: "copy", bytes: 8000 };
  const step = { question: "step", case: "mnist, batch 32", samples: 32 };
  const fast = {
    variant: "1 thread",
    threads: 1,
    device: "wasm" as const,
    fastestNs: 10_486,
    medianNs: 11_000,
    ratio: 0.4,
  };
  const text = formatMeasurements([
    {
      wide: false,
      peak: 62.5,
      measurements: [
        { ...matmul, ...fast, variant: "loop", fastestNs: 262_144, medianNs: 3e5 },
        { ...matmul, ...fast },
        { ...copy, ...fast, fastestNs: 400, medianNs: 500 },
      ],
    },
    {
      wide: true,
      peak: 125,
      measurements: [
        { ...matmul, ...fast, variant: "all threads", threads: 2, fastestNs: 4194 },
        { ...step, ...fast, device: "webgpu", variant: "loop", fastestNs: 4e6, medianNs: 5e6 },
        { ...step, ...fast, fastestNs: 400_000, medianNs: 500_000 },
      ],
    },
  ]);
  assertEquals(
    text,
    `\
matmul                              fastest   median  GFLOP/s  of peak  speed-up
matmul 64x64x64  loop                262 µs   300 µs     2.00      3 %
                 1 thread           10.5 µs  11.0 µs     50.0     80 %     25.0x
                 all threads, wide  4.19 µs  11.0 µs      125     50 %     62.5x

ops             fastest  median  GB/s
copy  1 thread   400 ns  500 ns  20.0

step                             fastest   median  samples/s  speed-up
mnist, batch 32  loop            4.00 ms  5.00 ms      8,000
                 1 thread, wide   400 µs   500 µs     80,000     10.0x
`,
  );
});
