import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  compile,
  GraphBuilder,
  ops,
  type Pipeline,
  PipelineError,
  type Plan,
  RandomStream,
  reference,
  sizeOf,
  train,
  wasmDevice,
} from "@millrace/millrace";
import { differentiate } from "../../../../core/differentiate/mod.ts";
import { assemblePlan, maximumPages } from "../../../../core/devices/wasm/module.ts";
import { plan } from "../../../../core/plan/mod.ts";
import mnist from "../../../../pipelines/mnist.ts";
import { randomGraph } from "../../../support/random_graph.ts";
import { blobs } from "../../../support/pipelines.ts";

async function bitsOf(pipeline: Pipeline, threads: number): Promise<Record<string, Uint32Array>> {
  const { model } = await train(pipeline, { threads, limit: 160, set: { epochs: 2, seed: 3 } });
  return Object.fromEntries(
    Object.entries(model.tensors).map(([path, { data }]) => [
      path,
      new Uint32Array(data.slice().buffer),
    ]),
  );
}

Deno.test("train() gives the same bits with 1, 2, 3 and 4 threads", async () => {
  const alone = await bitsOf(mnist, 1);
  assert(Object.keys(alone).length === 4);
  for (const threads of [2, 3, 4]) assertEquals(await bitsOf(mnist, threads), alone);
});

/** Runs a plan twice on some threads, and gives the bits of every variable and output. */
async function bitsOfPlan(planned: Plan, threads: number): Promise<readonly Uint32Array[]> {
  const session = await wasmDevice().open({ threads });
  const executable = await session.prepare(planned);
  const random = new RandomStream(5, "data");
  const normals = (length: number) => Float32Array.from({ length }, () => random.normal());
  const places = planned.variables.slots.map(({ spec: { shape }, byteOffset }) => ({
    dtype: "f32" as const,
    length: sizeOf(shape),
    byteOffset,
  }));
  for (const place of places) await session.write(place, normals(place.length));
  for (const { buffer } of planned.inputs) {
    const { length } = planned.buffers[buffer]!;
    session.input(planned.buffers[buffer]!).set(normals(length));
  }
  await executable.run();
  await executable.run();
  const outputs = planned.outputs.map(({ buffer }) => planned.buffers[buffer]!);
  const bits = await Promise.all(
    [...places, ...outputs].map((place) => session.read({ ...place, dtype: "u32" })),
  );
  await session.close();
  return bits as Uint32Array[];
}

Deno.test("plan() puts barriers wherever threads depend on each other", async () => {
  const target = { ...wasmDevice().target, sharedFromNs: 20 };
  for (let seed = 0; seed < 20; seed++) {
    const planned = plan(differentiate(randomGraph(seed).build("random")), { target });
    const [alone, together] = [await bitsOfPlan(planned, 1), await bitsOfPlan(planned, 3)];
    assertEquals(together, alone, `graph ${seed}`);
  }
});

/** The bits of a plan's memory after one thread has run the module that was made for so many. */
function bitsAlone(planned: Plan, threads: number): Uint32Array {
  const { bytes, pages } = assemblePlan(planned, { arithmetic: "fast", threads });
  const memory = new WebAssembly.Memory({ initial: pages, maximum: maximumPages, shared: true });
  const values = new Float32Array(memory.buffer, 0, planned.bytes / 4);
  const random = new RandomStream(5, "data");
  for (let i = reservedWords; i < values.length; i++) values[i] = random.normal();
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  (exports.step as (thread: number, threads: number) => void)(0, 1);
  return new Uint32Array(memory.buffer, 0, planned.bytes / 4).slice(reservedWords);
}

const reservedWords = wasmDevice().target.reservedBytes / 4;

Deno.test("assemblePlan() makes modules for many threads that one can run alone", () => {
  const target = { ...wasmDevice().target, sharedFromNs: 20 };
  for (let seed = 0; seed < 20; seed++) {
    const planned = plan(differentiate(randomGraph(seed).build("random")), { target });
    assertEquals(bitsAlone(planned, 3), bitsAlone(planned, 1), `graph ${seed}`);
  }
});

Deno.test("train() starts no worker for a plan with nothing to share", async () => {
  const started: string[] = [];
  const Original = globalThis.Worker;
  globalThis.Worker = class extends Original {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      started.push(String(url));
    }
  };
  try {
    await train(blobs(), { threads: 2 });
    assertEquals(started, []);
    await train(mnist, { threads: 2, limit: 64, set: { epochs: 1 } });
    assertEquals(started.length, 1);
  } finally {
    globalThis.Worker = Original;
  }
});

Deno.test("train() says that a worker thread cannot run", async () => {
  const Original = globalThis.Worker;
  globalThis.Worker = class extends Original {
    constructor(_: string | URL, options?: WorkerOptions) {
      super("data:text/javascript,throw new Error('no more threads')", options);
    }
  };
  try {
    await assertRejects(
      () => train(mnist, { threads: 2, limit: 64 }),
      Error,
      "Cannot run a worker thread: Uncaught",
    );
  } finally {
    globalThis.Worker = Original;
  }
});

Deno.test("a session of wasm makes programs ready while others run, and runs each with all threads", async () => {
  const session = await wasmDevice().open({ threads: 3 });
  const target = { ...wasmDevice().target, sharedFromNs: 0 };
  const planned = (factor: number) => {
    const builder = new GraphBuilder();
    const x = builder.input("x", { shape: [4096], dtype: "f32" });
    builder.output("y", ops.mul(x, factor));
    return plan(builder.build(`times ${factor}`), { target });
  };
  const plans = [2, 3, 4].map(planned);
  const results: number[] = [];
  const run = async (number: number) => {
    const { inputs, outputs, buffers } = plans[number]!;
    session.input(buffers[inputs[0]!.buffer]!).fill(1);
    await executables[number]!.run();
    results.push(...new Set(await session.read(buffers[outputs[0]!.buffer]!)));
  };
  const executables = [await session.prepare(plans[0]!), await session.prepare(plans[1]!)];
  await run(1);
  executables.push(await session.prepare(plans[2]!));
  await run(0);
  for (const number of [2, 1, 0, 2]) await run(number);
  assertEquals(results, [3, 2, 4, 3, 2, 4]);
  await session.close();
});

/** Trains on two threads, in the main thread of a process or in a Worker. */
function program(inWorker: boolean): string {
  const library = new URL("../../../../mod.ts", import.meta.url).href;
  const training = `
    import { backward, dense, pipeline, sequential, sgd, sparseCategoricalCrossEntropy,
      syntheticClassification, train } from ${JSON.stringify(library)};
    const data = syntheticClassification({ rows: 64, features: 256, classes: 3 });
    const logits = sequential(dense(256, { activation: "relu" }), dense(3))(data.features);
    const loss = sparseCategoricalCrossEntropy()({ logits, labels: data.label });
    const wide = pipeline({ name: "wide", batchSize: 32,
      stages: { data, logits, loss, optimizer: sgd()(backward()(loss)) } });
    const { threads, steps } = await train(wide, { threads: 2 });
    console.log(JSON.stringify({ threads, steps }));`;
  if (!inWorker) return training;
  const code = JSON.stringify(`${training}\nself.close();`);
  return `new Worker("data:application/typescript," + encodeURIComponent(${code}), { type: "module" });`;
}

for (const inWorker of [false, true]) {
  // a Worker may import a local file only with the permission to read it
  const [place, permissions] = inWorker
    ? ["inside a Worker", ["--allow-read"]]
    : ["with no permission", []];
  Deno.test(`train() runs on two threads ${place}`, async () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", ...permissions, "-"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1" },
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(program(inWorker)));
    await writer.close();
    const { stdout, stderr } = await child.output();
    const text = new TextDecoder().decode(stdout);
    assertEquals(text.trim(), '{"threads":2,"steps":2}', new TextDecoder().decode(stderr));
  });
}

Deno.test("kernels whose sums go to scratch memory do not meet there on several threads", async () => {
  const builder = new GraphBuilder();
  const x = builder.input("x", { shape: [257, 64], dtype: "f32" });
  for (let i = 0; i < 6; i++) {
    const units = i % 2 === 0 ? 64 : 512;
    const weight = builder.input(`weight${i}`, { shape: [64, units], dtype: "f32" });
    builder.output(`y${i}`, ops.cast(ops.greater(ops.matmul(x, weight), 0), "u8"));
  }
  const planned = plan(builder.build("heads"), { target: wasmDevice().target });
  assert(planned.commands.every(({ shared }) => shared));
  const bits = async (threads: number) => {
    const session = await wasmDevice().open({ threads });
    const executable = await session.prepare(planned);
    for (const { name, spec: { shape }, buffer } of planned.inputs) {
      const random = new RandomStream(1, name);
      const data = Float32Array.from({ length: sizeOf(shape) }, () => random.normal());
      await session.write(planned.buffers[buffer]!, data);
    }
    await executable.run();
    const outputs = planned.outputs.map(({ buffer }) =>
      (session.read(planned.buffers[buffer]!) as Uint8Array).slice()
    );
    await session.close();
    return outputs;
  };
  const alone = await bits(1);
  for (let i = 0; i < 5; i++) assertEquals(await bits(2), alone);
  assertEquals(await bits(3), alone);
});

Deno.test("a session prepares plans side by side on several threads", async () => {
  const device = wasmDevice();
  const { plan: planned } = compile(mnist, { purpose: "train", target: device.target });
  const session = await device.open({ threads: 3 });
  const executables = await Promise.all([1, 2, 3].map(() => session.prepare(planned)));
  for (const executable of executables) await executable.run();
  await session.close();
});

Deno.test("a device refuses a number of threads that it cannot run on", () => {
  for (const device of [wasmDevice(), reference]) {
    const { maximumThreads } = device;
    for (const threads of [0, -1, 1.5, maximumThreads + 1]) {
      assertThrows(
        () => device.open({ threads }),
        PipelineError,
        `expected 1${maximumThreads === 1 ? "" : ` to ${maximumThreads}`}`,
      );
    }
  }
});

Deno.test("train() runs on no more threads than the device can, however many processors there are", async () => {
  const threads = async (processors: number, device: string) => {
    using _ = stub(navigator, { hardwareConcurrency: processors });
    return (await train(blobs(), { device, set: { epochs: 1 } })).threads;
  };
  assertEquals(await threads(3, "wasm"), 3);
  assertEquals(await threads(1000, "wasm"), wasmDevice().maximumThreads);
  assertEquals(await threads(3, "reference"), 1);
});

/** Puts values over those of an object until it is disposed of. */
function stub(object: object, values: Readonly<Record<string, unknown>>): Disposable {
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(object, name, { value, configurable: true });
  }
  return {
    [Symbol.dispose]() {
      for (const name of Object.keys(values)) Reflect.deleteProperty(object, name);
    },
  };
}
