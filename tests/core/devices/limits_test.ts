import { assert, assertEquals, assertGreater } from "@std/assert";
import { type Device, type Limits, type Plan, reference, wasmDevice } from "@millrace/millrace";
import { measureLimits } from "../../../core/devices/limits.ts";
import { openGpu } from "../../../core/devices/webgpu/adapter.ts";
import { webgpu, webgpuTest } from "../../support/webgpu.ts";

function requirePlausible(limits: Limits, threads: number): void {
  assertEquals(limits.threads, threads);
  const bytes = limits.bandwidth.map((level) => level.bytes);
  assertEquals(bytes, bytes.toSorted((a, b) => a - b));
  for (const { alone, together } of [limits.contraction, limits.elementwise, ...limits.bandwidth]) {
    // per second: a slow emulator, and more than any processor or GPU
    assert(alone > 1e6 && alone < 1e16, String(alone));
    assert(together > 1e6 && together <= threads * alone, `${together} of ${alone}`);
    if (threads === 1) assertEquals(together, alone);
  }
}

for (const threads of [1, 2]) {
  Deno.test(`wasmDevice().measure() finds plausible limits, threads: ${threads}`, async () => {
    const limits = (await wasmDevice().measure!({ threads }))!;
    requirePlausible(limits, threads);
    // multiply-adds in packed operands against a root and a quotient among sixteen operations
    assertGreater(limits.contraction.alone, limits.elementwise.alone / 4);
  });
}

webgpuTest("webgpuDevice().measure() finds plausible limits", async () => {
  const limits = await webgpu.measure!();
  // null where the GPU does not tell the time
  assert(limits !== null || !(await openGpu()).device.features.has("timestamp-query"));
  if (limits !== null) requirePlausible(limits, 1);
});

Deno.test("measureLimits() gives null for a device without a clock", async () => {
  assertEquals(await measureLimits(withoutClock(wasmDevice())), null);
});

/** A device whose runs cannot measure themselves. */
function withoutClock(device: Device): Device {
  return {
    ...device,
    async open(options) {
      const session = await device.open(options);
      return Object.assign(Object.create(session), {
        prepare: (plan: Plan) => session.prepare(plan),
        close: () => session.close(),
      });
    },
  };
}

Deno.test("the reference device measures no limits", () => {
  assertEquals("measure" in reference, false);
});
