import { assert, assertEquals } from "@std/assert";
import { compile, type Pipeline, RandomStream, sizeOf, wasmDevice } from "@millrace/millrace";
import { assemblePlan } from "../../../../core/devices/wasm/module.ts";
import { Trial } from "../../../../core/devices/wasm/trial.ts";
import mnist from "../../../../pipelines/mnist.ts";

/** Runs a training plan some times, and gives the bits of its variables. */
async function bitsOf(
  pipeline: Pipeline,
  { vectorBits, threads, runs = 3 }: {
    readonly vectorBits: 128 | 256 | "auto";
    readonly threads: number;
    readonly runs?: number;
  },
): Promise<readonly Uint32Array[]> {
  const device = wasmDevice({ vectorBits });
  const { plan } = compile(pipeline, { purpose: "train", target: device.target });
  const session = await device.open({ threads });
  const executable = await session.prepare(plan);
  const places = plan.variables.slots.map(({ spec: { shape, dtype }, byteOffset }) => ({
    dtype,
    length: sizeOf(shape),
    byteOffset,
  }));
  for (const [i, { initialize }] of plan.variables.slots.entries()) {
    const place = places[i]!;
    await session.write(place, initialize?.(0) ?? new Float32Array(place.length));
  }
  const random = new RandomStream(5, "data");
  for (const { name, buffer } of plan.inputs) {
    if (!name.endsWith(".image")) continue;
    const window = session.input(plan.buffers[buffer]!);
    for (let i = 0; i < window.length; i++) window[i] = Math.floor(256 * random.uniform());
  }
  for (let i = 0; i < runs; i++) await executable.run();
  const bits = await Promise.all(
    places.map((place) => session.read({ ...place, dtype: "u32" }) as Uint32Array),
  );
  await session.close();
  return bits;
}

Deno.test("wasmDevice() gives the same bits for either length of vectors and any threads", async () => {
  const wanted = await bitsOf(mnist, { vectorBits: 128, threads: 1 });
  assert(wanted.some((bits) => bits.some((word) => word !== 0)));
  for (const threads of [1, 2, 3]) {
    assertEquals(await bitsOf(mnist, { vectorBits: 256, threads }), wanted, `${threads} threads`);
  }
});

Deno.test("wasmDevice() gives the same bits while it finds out which vectors are faster", async () => {
  // 40 ms of runs before the trial, and 250 ms of it, are fewer at any speed
  const runs = 1000;
  const wanted = await bitsOf(mnist, { vectorBits: 128, threads: 2, runs });
  assertEquals(await bitsOf(mnist, { vectorBits: "auto", threads: 2, runs }), wanted);
});

Deno.test("assemblePlan() copies no code for more than 16 threads", () => {
  const { plan } = compile(mnist, { purpose: "train", target: wasmDevice().target });
  const make = (threads: number, vectorBits: 128 | 256) =>
    assemblePlan(plan, { arithmetic: "fast", threads, vectorBits });
  const [many, few] = [make(17, 256), make(16, 256)];
  assertEquals([many.hasWide, few.hasWide], [false, true]);
  assertEquals(many.bytes, make(17, 128).bytes);
  assert(few.bytes.length > 4 * many.bytes.length);
});

/** A run that takes so many milliseconds of computing. */
function takes(ms: number): { readonly run: () => void; calls: number } {
  const run = {
    calls: 0,
    run() {
      run.calls++;
      for (const start = performance.now(); performance.now() - start < ms;);
    },
  };
  return run;
}

Deno.test("Trial runs a plan with both kernel sets for a while, then with the faster", () => {
  const [narrow, wide] = [takes(3), takes(1)];
  let made = 0;
  const trial = new Trial(narrow.run, () => {
    made++;
    return wide.run;
  });
  trial.run();
  assertEquals(made, 0, "the other set is made too early");
  for (let i = 0; i < 400; i++) trial.run();
  assertEquals(made, 1);
  assertEquals(narrow.calls + wide.calls, 401);
  assert(wide.calls > 1.5 * narrow.calls, `${narrow.calls} narrow and ${wide.calls} wide runs`);
  const before = narrow.calls;
  for (let i = 0; i < 10; i++) trial.run();
  assertEquals(narrow.calls, before);
});

Deno.test("Trial keeps 128 bits in a tie, and where the other set cannot be made", () => {
  const [narrow, wide] = [takes(1), takes(1)];
  const tie = new Trial(narrow.run, () => wide.run);
  for (let i = 0; i < 400; i++) tie.run();
  assert(narrow.calls > wide.calls, `${narrow.calls} narrow and ${wide.calls} wide runs`);
  const alone = takes(1);
  const failing = new Trial(alone.run, () => {
    throw new RangeError("no memory");
  });
  for (let i = 0; i < 100; i++) failing.run();
  assertEquals(alone.calls, 100);
});

Deno.test("matmul and convolution kernels are right where V8 merges pairs of vectors", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "-A", "--no-check", "--filter", "vectors of 256 bits"],
      // without its baseline compiler V8 merges from the first run on
      "--v8-flags=--experimental-wasm-revectorize,--no-liftoff",
      ...["matmul", "conv2d"].map((name) => new URL(`${name}_test.ts`, import.meta.url).pathname),
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert(success, `${text}${new TextDecoder().decode(stderr)}`);
  assert(text.includes("ok | 6 passed | 0 failed"), text);
});
