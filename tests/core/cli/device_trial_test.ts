import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Device, devices, reference } from "@millrace/millrace";
import { tryDevice } from "../../../core/cli/device_trial.ts";

for (const device of devices) {
  const availability = await device.probe();
  const name = `tryDevice() finds nothing wrong with ${device.name}`;
  if (availability.available) {
    Deno.test(name, async () => assertEquals(await tryDevice(device), null));
  } else Deno.test.ignore(`${name}: skipped: ${availability.reason}`, () => {});
}

/** The reference, but something goes wrong when results are read. */
function broken(read: () => Float32Array): Device {
  return {
    ...reference,
    open() {
      const session = reference.open();
      session.read = read;
      return session;
    },
  };
}

Deno.test("tryDevice() tells what a device computes wrong", async () => {
  const wrong = await tryDevice(broken(() => new Float32Array(40)));
  assertStringIncludes(wrong ?? "", "it computes 0 where ");
  assertStringIncludes(wrong ?? "", "its driver may be broken");
});

Deno.test("tryDevice() tells why a device fails", async () => {
  const failing = broken(() => {
    throw new RangeError("the GPU was lost");
  });
  assertEquals(await tryDevice(failing), "the GPU was lost");
});
