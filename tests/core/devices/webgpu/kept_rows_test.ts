import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Elements, GraphBuilder, ops, PipelineError } from "@millrace/millrace";
import { plan } from "../../../../core/plan/mod.ts";
import { openGpu } from "../../../../core/devices/webgpu/adapter.ts";
import { Faults } from "../../../../core/devices/webgpu/faults.ts";
import { GpuRows } from "../../../../core/devices/webgpu/kept_rows.ts";
import { webgpu, webgpuTest } from "../../../support/webgpu.ts";

const count = 11;
/** Columns of every dtype; rows of bytes that are no whole words among them. */
const columns = [
  { name: "image", dtype: "u8", length: 5 },
  { name: "number", dtype: "f32", length: 3 },
  { name: "label", dtype: "u8", length: 1 },
  { name: "words", dtype: "u8", length: 8 },
  { name: "class", dtype: "i32", length: 1 },
] as const;
const arrays = { u8: Uint8Array, f32: Float32Array, i32: Int32Array } as const;

/** The rows of all columns, each element another number. */
const data = new Map<string, Elements>(columns.map(({ name, dtype, length }, i) => [
  name,
  arrays[dtype].from(Array.from({ length: count * length }, (_, j) => (7 * j + 31 * i) % 251)),
]));

function pick(name: string, rows: ArrayLike<number>): number[] {
  const { length } = columns.find((column) => column.name === name)!;
  const all = data.get(name)!;
  return Array.from(rows, (row) => [...all.subarray(row * length, (row + 1) * length)]).flat();
}

/** A plan for batches of so many rows that gives its inputs, and how often it was told. */
function echo(batch: number) {
  const builder = new GraphBuilder();
  for (const { name, dtype, length } of columns) {
    const shape = length === 1 ? [batch] : [batch, length];
    const x = builder.input(name, { shape, dtype });
    builder.output(name, dtype === "f32" ? ops.mul(x, 1) : ops.cast(x, "f32"));
  }
  const step = builder.input("step", { shape: [], dtype: "u32" });
  builder.output("step", ops.cast(step, "f32"));
  return plan(builder.build("echo"), { target: webgpu.target });
}

webgpuTest("a session of webgpu gathers batches of kept rows of every dtype", async () => {
  const session = await webgpu.open();
  const kept = (await session.keepRows!(count, columns))!;
  for (const [first, rows] of [[0, 8], [8, 3]] as const) {
    const numbers = Uint32Array.from({ length: rows }, (_, i) => first + i);
    kept.write(
      first,
      new Map(columns.map(({ name, dtype }) => [name, arrays[dtype].from(pick(name, numbers))])),
    );
  }
  assertEquals(kept.bytes, 56 + 132 + 12 + 88 + 44);
  for (const batch of [3, 4]) {
    const planned = echo(batch);
    const { queue, run } = await session.prepare(planned);
    const window = (name: string) =>
      session.input(planned.buffers[planned.inputs.find((port) => port.name === name)!.buffer]!);
    const batches = [[10, 0, 10, 4], [1, 2, 3, 9], null, [7, 7, 0, 1], [10, 9, 8, 7]];
    for (const [i, rows] of batches.entries()) {
      window("step")[0] = i;
      if (rows === null) {
        for (const { name } of columns) window(name).fill(9);
        queue!.run();
      } else queue!.run({ kept, rows: Uint32Array.from(rows).subarray(0, batch) });
    }
    const runs = await queue!.collect();
    assertEquals(runs.length, batches.length);
    for (const [i, rows] of batches.entries()) {
      const outputs = new Map(planned.outputs.map(({ name }, j) => [name, [...runs[i]![j]!]]));
      for (const { name, length } of columns) {
        const wanted = rows === null
          ? new Array(batch * length).fill(9)
          : pick(name, rows.slice(0, batch));
        assertEquals(outputs.get(name), wanted, `${name} of batch ${i}`);
      }
      assertEquals(outputs.get("step"), [i]);
    }
    await run({ kept, rows: Uint32Array.of(5, 6, 7, 8).subarray(0, batch) });
    const { buffer } = planned.outputs.find(({ name }) => name === "image")!;
    assertEquals(
      [...await session.read(planned.buffers[buffer]!)],
      pick("image", [5, 6, 7, 8].slice(0, batch)),
    );
    assertThrows(
      () => queue!.run({ kept, rows: new Uint32Array(5) }),
      RangeError,
      `Cannot run a plan for batches of ${batch} rows on 5`,
    );
  }
  await session.close();
});

webgpuTest("a session of webgpu refuses rows that are kept elsewhere", async () => {
  const session = await webgpu.open();
  const { run } = await session.prepare(echo(1));
  const kept = { bytes: 0, write: () => {}, release: () => {} };
  assertThrows(
    () => run({ kept, rows: Uint32Array.of(0) }),
    PipelineError,
    "the rows of the batch are kept on another device",
  );
  await session.close();
});

webgpuTest("a session of webgpu keeps no more rows than its GPU has room for", async () => {
  const gpu = await openGpu();
  const { device } = gpu;
  const faults = new Faults(gpu);
  const column = { name: "x", dtype: "u8", length: 2 ** 20 } as const;
  const most = Math.min(2 ** 30, device.limits.maxStorageBufferBindingSize);
  const rows = Math.floor(most / column.length) + 1;
  assertEquals(await GpuRows.make(device, { rows, columns: [column], faults }), null);
  const kept = 2 ** 30;
  assertEquals(await GpuRows.make(device, { rows: 1, columns: [column], faults, kept }), null);
  const few = await GpuRows.make(device, { rows: 1, columns: [column], faults });
  assert(few !== null);
  few.release();
  device.destroy();
});
