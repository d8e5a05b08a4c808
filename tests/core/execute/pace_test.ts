import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Pace } from "../../../core/execute/pace.ts";

function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

Deno.test("Pace.turn() lets timers and files go on, and is no part of the seconds", async () => {
  let ticks = 0;
  let read = 0;
  const timer = setInterval(() => ticks++, 1);
  let reading = true;
  const reads = (async () => {
    while (reading) {
      await Deno.readTextFile(new URL(import.meta.url));
      read++;
    }
  })();
  const pace = new Pace();
  pace.resume();
  let turns = 0;
  for (let step = 0; step < 16; step++) {
    work(20);
    pace.count(10);
    const turn = pace.turn();
    if (turn === null) continue;
    turns++;
    await turn;
  }
  pace.pause();
  clearInterval(timer);
  reading = false;
  await reads;
  // after 50 ms of steps of 20 ms: every third, or more often where the machine is busy
  assert(turns >= 5, `${turns} turns`);
  assert(ticks >= turns - 1, `${ticks} ticks of the timer in ${turns} turns`);
  assert(read >= turns - 1, `${read} files read in ${turns} turns`);
  assertEquals(pace.samples, 160);
  assert(pace.seconds >= 0.3, `${pace.seconds} s`);
});

Deno.test("Pace reports the samples per second since the last report", () => {
  const pace = new Pace();
  work(50);
  pace.count(100);
  assert(!pace.reportIsDue);
  const first = pace.report();
  assert(first > 0 && first <= 100 / 0.05, String(first));
  work(210);
  pace.count(21);
  assert(pace.reportIsDue);
  const second = pace.report();
  assert(second > 0 && second <= 21 / 0.21, String(second));
});

Deno.test("Pace.lap() tells of the steps since the last lap alone", () => {
  const pace = new Pace();
  const steps = (milliseconds: number, samples: number) => {
    pace.resume();
    work(milliseconds);
    pace.count(samples);
    pace.pause();
    return pace.lap();
  };
  steps(200, 1);
  const { seconds, samplesPerSecond } = steps(20, 100);
  assertAlmostEquals(samplesPerSecond, 100 / seconds);
  assertAlmostEquals(pace.seconds - seconds, 0.2, 0.1);
});
