import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import {
  type Device,
  type Executable,
  GraphBuilder,
  ops,
  type Plan,
  RandomStream,
} from "@millrace/millrace";
import { plan } from "../../../core/plan/mod.ts";
import { assemblePlan } from "../../../core/devices/wasm/module.ts";
import { testedDevices } from "../../support/devices.ts";

const [rows, inner, columns] = [64, 1024, 64];

/** A product and smaller kernels after it, which threads share as far as `sharedFromNs` lets them. */
function planFor({ target }: Device, sharedFromNs: number): Plan {
  const builder = new GraphBuilder();
  const x = builder.input("x", { shape: [rows, inner], dtype: "f32" });
  const weight = builder.input("weight", { shape: [inner, columns], dtype: "f32" });
  const product = ops.matmul(x, weight);
  builder.output("product", product);
  builder.output("share", ops.div(product, ops.reduceSum(ops.relu(product), { axes: [0, 1] })));
  return plan(builder.build("clocked"), { target: { ...target, sharedFromNs } });
}

const everyCommand = 0;
const noCommand = Infinity;

/** Opens a device with the plan on it, runs it twice, and hands the executable over. */
async function withRun<T>(
  device: Device,
  { planned, threads, clock }: {
    readonly planned: Plan;
    readonly threads: number;
    readonly clock: boolean;
  },
  look: (executable: Executable, bits: () => Promise<readonly number[][]>) => T | Promise<T>,
): Promise<T> {
  const session = await device.open({ threads });
  try {
    const executable = await session.prepare(planned, { clock });
    const random = new RandomStream(3, "clock");
    for (const { buffer } of planned.inputs) {
      const { length } = planned.buffers[buffer]!;
      const values = Float32Array.from({ length }, () => random.normal());
      await session.write(planned.buffers[buffer]!, values);
    }
    await executable.run();
    await executable.run();
    return await look(executable, async () => {
      const outputs = planned.outputs.map(({ buffer }) => planned.buffers[buffer]!);
      return await Promise.all(outputs.map(async (buffer) => [...await session.read(buffer)]));
    });
  } finally {
    await session.close();
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
/** One run in ten may be disturbed. */
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

for (const { name, device } of testedDevices) {
  const planned = planFor(device, everyCommand);
  for (const threads of [1, 2, 3].filter((threads) => threads <= device.maximumThreads)) {
    const place = `${name}, threads: ${threads}`;

    Deno.test(`prepare() with a clock measures runs: ${place}`, async () => {
      await withRun(device, { planned, threads, clock: true }, async (executable) => {
        const before = performance.now();
        await executable.run();
        const wall = (performance.now() - before) / 1000;
        const { total, work, wait, clock } = executable.times!();
        assertEquals(work.length, planned.commands.length);
        assertEquals(wait.length, planned.commands.length + 1);
        assert(total > 0 && total <= wall, `${total} of ${wall}`);
        for (let thread = 0; thread < threads; thread++) {
          const parts = [...work, ...wait, clock].map((seconds) => seconds[thread]!);
          assert(parts.every((seconds) => seconds > -1e-9), parts.join());
          assert(Math.abs(sum(parts) - total) < 1e-9, `${sum(parts)} is not ${total}`);
        }
      });
    });

    Deno.test(`prepare() with a clock changes no bit: ${place}`, async () => {
      const [plain, clocked] = [false, true].map((clock) =>
        withRun(device, { planned, threads, clock }, (_, bits) => bits())
      );
      assertEquals(await clocked, await plain);
    });
  }

  // kernels of a GPU take as long as starting them, whatever they do
  if (device.name === "webgpu") continue;
  Deno.test(`times() tells which command takes the time: ${name}`, async () => {
    const planned = planFor(device, noCommand);
    const product = planned.commands.findIndex(({ name }) => name.includes("matmul"));
    await withRun(device, { planned, threads: 1, clock: true }, async (executable) => {
      const shares = [];
      for (let run = 0; run < 11; run++) {
        await executable.run();
        const { work, total } = executable.times!();
        shares.push(work[product]![0]! / total);
      }
      // it has 99.8 % of the operations
      assertGreater(median(shares), 0.5);
    });
  });
}

Deno.test("times() tells that a thread waits while another one works", async () => {
  const { device } = testedDevices.find(({ name }) => name === "wasm, fast")!;
  const planned = planFor(device, everyCommand);
  const product = planned.commands.findIndex(({ name }) => name.includes("matmul"));
  const commands = planned.commands.map((command, i) =>
    i === product ? { ...command, shared: false } : command
  );
  const options = { planned: { ...planned, commands }, threads: 2, clock: true };
  await withRun(device, options, async (executable) => {
    const shares = [];
    for (let run = 0; run < 11; run++) {
      await executable.run();
      const { work, wait } = executable.times!();
      const [alone, other] = work[product]!;
      assertGreater(sum(wait.map((seconds) => seconds[1]!)), 0.9 * alone!);
      shares.push(other! / alone!);
    }
    assertLess(median(shares), 0.1);
  });
});

Deno.test("times() is not there without a clock", async () => {
  const { device } = testedDevices.find(({ name }) => name === "wasm, fast")!;
  const planned = planFor(device, everyCommand);
  for (const threads of [1, 2]) {
    await withRun(device, { planned, threads, clock: false }, ({ times }) => {
      assertEquals(times, undefined);
    });
  }
});

Deno.test("assemblePlan() imports a clock only where it is asked for", () => {
  const { device } = testedDevices.find(({ name }) => name === "wasm, fast")!;
  const planned = planFor(device, everyCommand);
  const importsOf = (clock: boolean) => {
    const options = { arithmetic: "fast", threads: 2, clock } as const;
    const module = new WebAssembly.Module(assemblePlan(planned, options).bytes);
    return WebAssembly.Module.imports(module).map(({ name }) => name);
  };
  assertEquals(importsOf(false), ["memory"]);
  assertEquals(importsOf(true), ["memory", "now"]);
});
