import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { PipelineError } from "@millrace/millrace";
import { openGpu } from "../../../../core/devices/webgpu/adapter.ts";
import { GrowingBuffer } from "../../../../core/devices/webgpu/arena.ts";
import { bindBuffers } from "../../../../core/devices/webgpu/bindings.ts";
import { Dispatches } from "../../../../core/devices/webgpu/executable.ts";
import { Faults } from "../../../../core/devices/webgpu/faults.ts";
import { WebgpuSession } from "../../../../core/devices/webgpu/session.ts";
import { HandPlan } from "../../../support/plans.ts";
import { summing, webgpu, webgpuTest } from "../../../support/webgpu.ts";

webgpuTest(
  "a session of webgpu reads and writes any number of elements of every dtype",
  async () => {
    const session = await webgpu.open();
    const ranges = [
      [new Uint8Array([1, 2, 3, 4, 5, 250, 7]), "u8", 0],
      [new Uint8Array([9]), "u8", 256],
      [new Float32Array([0.5, -0]), "f32", 512],
      [new Int32Array([-7]), "i32", 1024],
      [new Uint32Array([2 ** 32 - 1]), "u32", 100_096],
      [new Float32Array(0), "f32", 768],
    ] as const;
    for (const [data, dtype, byteOffset] of ranges) {
      await session.write({ dtype, length: data.length, byteOffset }, data);
    }
    for (const [data, dtype, byteOffset] of ranges) {
      assertEquals(await session.read({ dtype, length: data.length, byteOffset }), data);
    }
    const range = { dtype: "f32", length: 3, byteOffset: 0 } as const;
    assertThrows(
      () => session.write(range, new Float32Array(2)),
      RangeError,
      "Cannot write 2 elements into a buffer of 3",
    );
    await session.close();
    assertThrows(() => session.read(range), TypeError, "Cannot use a session that was closed");
  },
);

webgpuTest(
  "a session of webgpu keeps its contents when another plan makes the memory grow",
  async () => {
    const session = await webgpu.open();
    const small = summing(3);
    const executable = await session.prepare(small);
    const input = session.input(small.buffers[small.inputs[0]!.buffer]!);
    input.set([1, 2, 3]);
    await executable.run();
    await session.prepare(summing(50_000));
    await executable.run();
    const [slot] = small.variables.slots;
    const place = { dtype: "f32", length: 3, byteOffset: slot!.byteOffset } as const;
    assertEquals(await session.read(place), Float32Array.of(2, 4, 6));
    await session.close();
  },
);

webgpuTest("a queue of webgpu gives what each of its runs gave, in order", async () => {
  const session = await webgpu.open();
  const planned = summing(3);
  const { queue } = await session.prepare(planned);
  const input = session.input(planned.buffers[planned.inputs[0]!.buffer]!);
  assertEquals(await queue!.collect(), []);
  for (const count of [3, queue!.most]) {
    for (let run = 1; run <= count; run++) {
      // what stands there when it is queued counts, not what stands there when it runs
      input.fill(run);
      queue!.run();
    }
    if (count === queue!.most) {
      assertThrows(() => queue!.run(), RangeError, `Cannot queue more than ${count} runs`);
    }
    const runs = await queue!.collect();
    assertEquals(runs.length, count);
    const before = count === 3 ? 0 : 6;
    runs.forEach(([y, last], i) => {
      assertEquals(y, new Float32Array(3).fill(before + (i + 1) * (i + 2) / 2));
      assertEquals(last, new Float32Array(3).fill(-i - 1));
    });
  }
  await session.close();
});

webgpuTest("a session of webgpu does not grow over 5,000 steps", async () => {
  const program = new URL("../../../support/webgpu_growth.ts", import.meta.url);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--v8-flags=--expose-gc", program.pathname],
  }).output();
  const text = new TextDecoder();
  assert(stdout.length > 0, text.decode(stderr));
  const { bytes, sum } = JSON.parse(text.decode(stdout));
  assert(bytes < 24e6, `${bytes / 1e6} MB more`);
  assertEquals(sum, 6000);
});

webgpuTest("a plan of webgpu with a clock tells the times of its commands", async () => {
  const gpu = await openGpu();
  const session = await WebgpuSession.open(gpu);
  const planned = summing(1000);
  const executable = await session.prepare(planned, { clock: true });
  assertEquals(executable.times !== undefined, gpu.device.features.has("timestamp-query"));
  if (executable.times !== undefined) {
    await executable.run();
    const { total, work, wait } = executable.times();
    assertEquals([work.length, wait.length], [
      planned.commands.length,
      planned.commands.length + 1,
    ]);
    const sum = [...work, ...wait].reduce((sum, [seconds]) => sum + seconds!, 0);
    assert(total > 0 && Math.abs(sum - total) < 1e-9, `${sum} of ${total}`);
    assert(work.every(([seconds]) => seconds! >= 0));
  }
  session.close();
  gpu.device.destroy();
});

webgpuTest("webgpu says how much memory is wanted, and how much there is", async () => {
  const gpu = await openGpu();
  const memory = new GrowingBuffer(gpu.device, "arena");
  const error = await assertRejects(() => memory.grow(2 ** 43), PipelineError);
  const [issue] = error.issues;
  assertEquals([issue!.code, issue!.received], ["memory", "8.80 TB"]);
  assert(/^at most \d/.test(issue!.expected!), issue!.expected);
  assert(issue!.hint!.startsWith("lower batchSize"), issue!.hint);
  gpu.device.destroy();
});

webgpuTest("webgpu names command and stages of a shader that is refused", async () => {
  const gpu = await openGpu();
  const memories = {
    arena: new GrowingBuffer(gpu.device, "arena"),
    scratch: new GrowingBuffer(gpu.device, "scratch"),
  };
  const { commands: [command], ...rest } = summing(3);
  const broken = { ...rest, commands: [{ ...command!, name: "add", paths: ["logits.dense1"] }] };
  const dispatch = { code: "fn main() { nothing(); }", bindings: [], workgroups: [1, 1] as const };
  const faults = new Faults(gpu);
  const error = await assertRejects(
    () =>
      Dispatches.compile(broken, { commands: [[dispatch]], memories, faults, known: new Map() }),
    PipelineError,
    'Cannot compile the shader of "add" for device "webgpu"',
  );
  assertEquals(error.issues[0]!.path, "logits.dense1");
  gpu.device.destroy();
});

webgpuTest("a session of webgpu refuses to go on when the GPU failed", async () => {
  const gpu = await openGpu();
  const session = await WebgpuSession.open(gpu);
  const executable = await session.prepare(summing(3));
  // a copy beyond the end is refused after it was submitted
  gpu.device.queue.writeBuffer(
    gpu.device.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_DST }),
    0,
    new Uint8Array(8),
  );
  await new Promise((resolve) => setTimeout(resolve, 0));
  const error = assertThrows(() => executable.run(), PipelineError, "the GPU reports an error");
  assertEquals(error.issues[0]!.code, "device");
  assert(error.issues[0]!.hint!.startsWith("go on from the last checkpoint with resume"));
  session.close();
  gpu.device.destroy();
});

Deno.test("bindBuffers() joins ranges that overlap, and neighbours when there are too many", () => {
  const hand = new HandPlan(webgpu.target);
  const shape = [10];
  const numbers = [0, 1, 2, 3].map((i) => hand.buffer(new Float32Array(10 + i)));
  const bytes = hand.buffer(new Uint8Array(10));
  const { buffers } = hand.plan();
  const reads = [...numbers, bytes].map((number) => hand.access(number, shape));
  const all = bindBuffers({ reads, writes: [] }, { buffers, most: 8 });
  assertEquals(all.bindings.map(({ type }) => type), ["f32", "f32", "f32", "f32", "u32"]);
  assertEquals(all.bindings.map(({ byteLength }) => byteLength), [40, 44, 48, 52, 12]);
  const few = bindBuffers({ reads, writes: [reads[4]!] }, { buffers, most: 2 });
  assertEquals(few.bindings.length, 2);
  for (const { byteOffset, id, dtype } of buffers) {
    const { binding, base } = few.byBuffer.get(id)!;
    const elementBytes = dtype === "u8" ? 1 : 4;
    assertEquals(few.bindings[binding]!.byteOffset + base * elementBytes, byteOffset);
  }
  assertEquals(few.bindings.at(-1)!.type, "atomic<u32>");
});
