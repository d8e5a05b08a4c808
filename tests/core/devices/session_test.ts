import { assertEquals } from "@std/assert";
import { devices, GraphBuilder, ops } from "@millrace/millrace";
import { plan } from "../../../core/plan/mod.ts";

for (const device of devices) {
  const availability = await device.probe();
  if (!availability.available) {
    Deno.test.ignore(`${device.name}: session skipped: ${availability.reason}`, () => {});
    continue;
  }
  Deno.test(`a session of ${device.name} shows in output() what read() copies out, after every run`, async () => {
    const builder = new GraphBuilder();
    const x = builder.input("x", { shape: [3], dtype: "f32" });
    builder.output("y", ops.mul(x, 0.1));
    const planned = plan(builder.build("scaled"), { target: device.target });
    const session = await device.open();
    const executable = await session.prepare(planned);
    const input = session.input(planned.buffers[planned.inputs[0]!.buffer]!);
    const place = planned.buffers[planned.outputs[0]!.buffer]!;
    const window = session.output(place);
    for (const values of [[1, 2, 3], [4, 5, 6]]) {
      input.set(values);
      await executable.run();
      const copied = await session.read(place);
      assertEquals(copied, Float32Array.from(values, (value) => Math.fround(0.1) * value));
      if (window !== null) assertEquals(window, copied);
    }
    await session.close();
  });
}
