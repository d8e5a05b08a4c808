/**
 * The programs that the batches of an order run: one for full batches and one for a shorter last one, or,
 * of sequences, one for each number of steps.
 *
 * @module
 */
import type { Purpose } from "../check/mod.ts";
import type { BatchOrder } from "./batches.ts";
import type { Engine, Program } from "./engine.ts";
import type { RowLengths } from "./row_lengths.ts";

/** Makes the programs of all batches of an order; what is given tells which one a batch runs. */
export async function batchPrograms(
  engine: Engine,
  order: BatchOrder,
  { purpose, lengths }: { readonly purpose: Purpose; readonly lengths: RowLengths | null },
): Promise<(index: number) => Program> {
  const { count } = order;
  if (lengths === null) {
    const [usual, last] = [
      await engine.program(purpose, order.size(0)),
      await engine.program(purpose, order.size(count - 1)),
    ];
    return (index) => index === count - 1 ? last : usual;
  }
  const programs: Program[] = [];
  for (let index = 0; index < count; index++) {
    const { rows } = order.place(index);
    programs.push(await engine.program(purpose, rows.length, lengths.stepsOf(rows)));
  }
  return (index) => programs[index]!;
}
