import { assert, assertEquals } from "@std/assert";
import { permutation, RandomStream } from "@millrace/millrace";
import { inOrder, shuffled } from "../../../core/execute/order.ts";

/** Blocks of random sizes, the seed in the name of what fails. */
function* cases() {
  for (let seed = 0; seed < 40; seed++) {
    const random = new RandomStream(seed, "blocks");
    const begins = [0];
    for (let i = random.below(30); i > 0; i--) begins.push(begins.at(-1)! + 1 + random.below(9));
    const rows = begins.at(-1)! + 1 + random.below(9);
    yield { seed, rows, blocks: { begins: Uint32Array.from(begins), kept: 1 + random.below(5) } };
  }
}

Deno.test("shuffled() has every row once, whatever the blocks, and is a function of seed and epoch", () => {
  for (const { seed, rows, blocks } of cases()) {
    for (const epoch of [0, 1]) {
      const order = shuffled(rows, { seed, epoch, blocks });
      assertEquals(order.toSorted(), inOrder(rows), String(seed));
      assertEquals(shuffled(rows, { seed, epoch, blocks }), order);
    }
  }
});

Deno.test("shuffled() reads each block once, with no more of them at a time than are kept", () => {
  for (const { seed, rows, blocks: { begins, kept } } of cases()) {
    const order = shuffled(rows, { seed, epoch: 3, blocks: { begins, kept } });
    const blockOf = (row: number) => begins.findLastIndex((begin) => begin <= row);
    const memory: number[] = [];
    let reads = 0;
    for (const row of order) {
      const block = blockOf(row);
      if (!memory.includes(block)) {
        reads++;
        if (memory.length === kept) memory.shift();
        memory.push(block);
      }
    }
    if (begins.length > kept) assertEquals(reads, begins.length, String(seed));
  }
});

Deno.test("shuffled() mixes rows within blocks, and blocks, in another way in each epoch", () => {
  const blocks = { begins: Uint32Array.from({ length: 20 }, (_, i) => 10 * i), kept: 2 };
  const orders = [0, 1].map((epoch) => shuffled(200, { seed: 0, epoch, blocks }));
  assert(orders[0]!.join() !== orders[1]!.join());
  assert(orders[0]!.subarray(0, 20).toSorted().join() !== orders[0]!.subarray(0, 20).join());
  // a limit may leave only some blocks
  assertEquals(
    shuffled(15, { seed: 0, epoch: 0, blocks }),
    permutation(15, {
      seed: 0,
      path: "shuffle",
      epoch: 0,
    }),
  );
});
