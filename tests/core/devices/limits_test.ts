import { assert, assertEquals, assertGreater } from "@std/assert";
import { reference, wasmDevice } from "@millrace/millrace";

for (const threads of [1, 2]) {
  Deno.test(`wasmDevice().measure() finds plausible limits, threads: ${threads}`, async () => {
    const limits = await wasmDevice().measure!({ threads });
    assertEquals(limits.threads, threads);
    const bytes = limits.bandwidth.map((level) => level.bytes);
    assertEquals(bytes, bytes.toSorted((a, b) => a - b));
    for (
      const { alone, together } of [limits.contraction, limits.elementwise, ...limits.bandwidth]
    ) {
      // per second: a slow emulator, and more than any processor
      assert(alone > 1e7 && alone < 1e13, String(alone));
      assert(together > 1e7 && together <= threads * alone, `${together} of ${alone}`);
      if (threads === 1) assertEquals(together, alone);
    }
    // multiply-adds in packed operands against a root and a quotient among sixteen operations
    assertGreater(limits.contraction.alone, limits.elementwise.alone / 4);
  });
}

Deno.test("the reference device measures no limits", () => {
  assertEquals("measure" in reference, false);
});
