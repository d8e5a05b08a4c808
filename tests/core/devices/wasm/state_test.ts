import { assertEquals } from "@std/assert";
import { GraphBuilder, ops, wasmDevice } from "@millrace/millrace";
import { plan } from "../../../../core/plan/mod.ts";

Deno.test("wasmDevice() keeps no denormal numbers in state, where they would stay for ever", async () => {
  const builder = new GraphBuilder();
  const spec = { shape: [5], dtype: "f32" as const };
  const mean = builder.variable("mean", { spec, role: "state", initialize: null });
  builder.update(mean, ops.mul(mean.value, 0.9));
  const device = wasmDevice();
  const planned = plan(builder.build("decay"), { target: device.target });
  const session = await device.open();
  const executable = await session.prepare(planned);
  const [slot] = planned.variables.slots;
  const place = { dtype: "f32" as const, length: 5, byteOffset: slot!.byteOffset };
  await session.write(place, Float32Array.of(1e-37, -1e-37, 1, NaN, 0));
  for (let i = 0; i < 60; i++) await executable.run();
  const [small, smallNegative, large, broken, zero] = await session.read(place);
  assertEquals([small, smallNegative, zero], [0, 0, 0]);
  assertEquals(large! > 0.0017 && large! < 0.0019, true);
  assertEquals(broken, NaN);
  await session.close();
});
