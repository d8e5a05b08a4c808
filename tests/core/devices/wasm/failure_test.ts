import { assertStringIncludes, assertThrows } from "@std/assert";
import { ModuleAssembler } from "../../../../core/devices/wasm/assembler.ts";
import { barrierFunction } from "../../../../core/devices/wasm/barrier.ts";
import { Threads } from "../../../../core/devices/wasm/threads.ts";

/** A step of two threads that meet twice; the thread `fails` comes only once. */
async function stepThatFails(fails: number): Promise<Threads & { step(): void }> {
  const module = new ModuleAssembler();
  const barrier = barrierFunction(module, { isCrowded: false });
  const step = module.function(2, (f) => {
    f.get(1).call(barrier);
    f.get(0).i32(fails).op("i32.eq").if(() => f.op("unreachable"));
    f.get(1).call(barrier);
  });
  module.export("step", step);
  const compiled = new WebAssembly.Module(module.encode(1, 1));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  const threads = new Threads(memory, 2);
  threads.start();
  const program = threads.add(compiled);
  await threads.joining;
  const own = () => (exports.step as (thread: number, threads: number) => void)(0, 2);
  return Object.assign(threads, { step: () => threads.run(program, own) });
}

for (const fails of [0, 1]) {
  Deno.test(`Threads.run() throws where thread ${fails} fails, and never waits for it again`, async () => {
    const threads = await stepThatFails(fails);
    assertThrows(() => threads.step(), Error, "unreachable");
    const { message } = assertThrows(() => threads.step(), Error);
    assertStringIncludes(message, `Cannot run the plan on all threads: thread ${fails}: `);
    await threads.close();
  });
}
