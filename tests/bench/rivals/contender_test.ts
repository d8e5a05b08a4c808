import { assert, assertEquals } from "@std/assert";
import { Stopwatch, trainBySteps } from "../../../bench/rivals/contender.ts";
import { digits, pixels } from "../../../bench/rivals/work.ts";

Deno.test("Stopwatch measures after a warm-up that the first step is not part of", () => {
  const stopwatch = new Stopwatch(2);
  stopwatch.tell(32, 5000); // the first step took five seconds
  stopwatch.tell(64, 5900);
  stopwatch.tell(96, 6100); // a second after the first step: measuring begins
  stopwatch.tell(1000, 8000);
  assert(!stopwatch.isOver);
  stopwatch.tell(1696, 8500);
  assert(stopwatch.isOver);
  stopwatch.tell(9999, 9000);
  assertEquals(stopwatch.result(), {
    firstStepAt: performance.timeOrigin + 5000,
    samplesPerSecond: 1600 / 2.4,
  });
});

Deno.test("Stopwatch of no seconds ends with the first step", () => {
  const stopwatch = new Stopwatch(0);
  stopwatch.tell(32, 100);
  assert(stopwatch.isOver);
  assertEquals(stopwatch.result().samplesPerSecond, 0);
});

Deno.test("trainBySteps() gives every row once an epoch, scaled, with its label", async () => {
  const rows = 40;
  const { images, labels } = digits(rows);
  const known = new Map(
    Array.from({ length: rows }, (_, row) => [
      images.slice(row * pixels, (row + 1) * pixels).join(),
      { row, label: labels[row]! },
    ]),
  );
  assertEquals(known.size, rows);
  const seen: number[] = [];
  const work = { kind: "train", network: "mlp", batch: 8, rows, seconds: 0.02 } as const;
  const { loss } = await trainBySteps(work, {
    step(batch, classes) {
      assertEquals(batch.length, 8 * pixels);
      for (let i = 0; i < 8 && seen.length < rows; i++) {
        const image = batch.slice(i * pixels, (i + 1) * pixels);
        const { row, label } = known.get(image.map((value) => Math.round(255 * value)).join())!;
        assertEquals(classes[i], label);
        seen.push(row);
      }
    },
    loss: () => 0.25,
  });
  assertEquals(seen.toSorted((a, b) => a - b), Array.from({ length: rows }, (_, row) => row));
  assertEquals(loss, 0.25);
});
