import { assert, assertEquals } from "@std/assert";
import { Sharing } from "../../../../core/devices/wasm/sharing.ts";

/** Two ways of running, which take as long as `ms` says, by a clock of their own. */
function ways(ms: { together: number; alone: number }) {
  let time = 0;
  const calls = { together: 0, alone: 0 };
  const way = (name: "together" | "alone") => () => {
    calls[name]++;
    time += ms[name];
  };
  const sharing = new Sharing(way("together"), way("alone"), () => time);
  return {
    /** Runs so many times, and tells how often in which way. */
    run(times: number): { together: number; alone: number } {
      const before = { ...calls };
      for (let i = 0; i < times; i++) sharing.run();
      return { together: calls.together - before.together, alone: calls.alone - before.alone };
    },
    get ms(): number {
      return time;
    },
  };
}

Deno.test("Sharing runs on all threads first, and seldom tries one where all are faster", () => {
  const { run } = ways({ together: 2, alone: 3 });
  assertEquals(run(40), { together: 40, alone: 0 });
  assert(run(20_000).alone < 40);
});

Deno.test("Sharing runs on one thread while others keep all waiting, and on all afterwards", () => {
  const ms = { together: 2, alone: 3 };
  const { run } = ways(ms);
  run(20_000);
  ms.together = 30;
  // a window that is slow all through is noticed at its end
  assert(run(200).alone > 100);
  const busy = run(20_000);
  assert(busy.together < 40, `${busy.together} runs on all threads`);
  ms.together = 2;
  run(5000);
  assert(run(1000).together > 950);
});

Deno.test("Sharing changes nothing for a small gain", () => {
  const { run } = ways({ together: 2, alone: 1.9 });
  assert(run(20_000).alone < 40);
});

Deno.test("Sharing loses little where runs are long", () => {
  const { run } = ways({ together: 100, alone: 180 });
  const { alone } = run(1000);
  assert(alone > 0 && alone * 80 < 0.03 * 1000 * 100, `${alone} runs on one thread`);
});
