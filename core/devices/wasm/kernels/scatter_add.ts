/**
 * Sums of slices into a table, in float32 and with any strides.
 *
 * Algorithm: the table is filled with zeros by `memory.fill` (see `slices.ts`), then the list is walked
 * once, and each update is added to its slice. A slice gets its updates in the order of the list,
 * whoever adds them.
 *
 * Threads share the slices of the table, of which each walks the whole list for its own: slices are
 * dealt in groups of 64, so that the words of a language, most frequent first, are divided evenly. No
 * slice is written by two.
 *
 * An index is compared without a sign, so that one below 0 is beyond every table.
 *
 * Memory traffic: the table written once, each slice that has updates read and written again for each
 * of them, from a cache where it is the same again soon; updates once; the indices once for each thread.
 *
 * @module
 */
import type { DType, TensorSpec } from "../../../tensor/mod.ts";
import type { ScatterAddParams } from "../../../ops/mod.ts";
import type { FunctionBody, Local } from "../function_body.ts";
import { Lanes } from "../lanes.ts";
import type { Program, Share } from "../program.ts";
import type { KernelSite, MakeProgram } from "./kernel.ts";
import { loadBits, type Walk, walkOf, writeElements, writeOffset } from "./slices.ts";

/** Slices of a table that are dealt to threads together: a power of 2. */
const groupSlices = 64;

/** The kernel of `scatterAdd`: it always applies. */
export function scatterAddKernel(
  [, indices]: readonly TensorSpec[],
  { axis, size }: ScatterAddParams,
): MakeProgram {
  return (site) => {
    const [updates, list] = site.operands;
    const listRank = list!.shape.length;
    const rank = updates!.shape.length;
    const inner = walkOf(updates!, axis + listRank, rank);
    const layout: Layout = {
      indexDtype: indices!.dtype,
      outer: walkOf(updates!, 0, axis),
      taken: walkOf(updates!, axis, axis + listRank),
      list: walkOf(list!, 0, listRank),
      inner,
      size,
      dealt: Math.min(size, groupSlices),
      sliceRows: axis + listRank === rank ? null : inner.size / updates!.shape.at(-1)!,
    };
    return {
      units: inner.size === 0 ? 0 : layout.outer.size * layout.dealt,
      scratchBytes: 0,
      leavesFinish: layout.sliceRows === null,
      write: (f, share) => writeShare(site, layout, { f, share }),
    } satisfies Program;
  };
}

interface Layout {
  readonly indexDtype: DType;
  readonly outer: Walk;
  /** The axes of the updates that the list stands for. */
  readonly taken: Walk;
  readonly list: Walk;
  readonly inner: Walk;
  /** Slices of a table: of each outer place. */
  readonly size: number;
  /** Slices of a group: slice `j` belongs to unit `j mod dealt` of its table. */
  readonly dealt: number;
  /** Rows of the output in a slice; `null` where a slice is a part of a row. */
  readonly sliceRows: number | null;
}

/** The slices of a table that a share has: of each group those from `low` up to but without `high`. */
interface Dealt {
  /** Number of the outer place. */
  readonly table: Local;
  readonly low: Local;
  readonly high: Local;
}

/** Writes a share: table by table what is dealt to it. */
function writeShare(
  site: KernelSite,
  layout: Layout,
  { f, share }: { readonly f: FunctionBody; readonly share: Share },
): void {
  const { dealt, inner, sliceRows } = layout;
  const sliceBytes = inner.size * inner.elementBytes;
  const [table, low, high] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const own = { table, low, high };
  f.get(share.begin).i32(dealt).op("i32.div_u").set(table);
  f.get(share.begin).i32(dealt).op("i32.rem_u").set(low);
  f.get(share.begin).get(share.end).op("i32.lt_u").if(() =>
    f.loop((next) => {
      // the share ends in this table, or has the rest of it
      f.get(share.end).get(table).i32(dealt).op("i32.mul").op("i32.sub").tee(high).i32(dealt);
      f.get(high).i32(dealt).op("i32.lt_u").op("select").set(high);
      writeRuns(f, layout, own, ({ first, count }) => {
        f.get(first).i32(sliceBytes).op("i32.mul").i32(site.output.base).op("i32.add");
        f.i32(0).get(count).i32(sliceBytes).op("i32.mul").bulk("memory.fill");
      });
      writeSums(site, layout, { f, own });
      if (sliceRows !== null) {
        writeRuns(f, layout, own, ({ first, count }) => {
          f.get(first).get(count).op("i32.add").i32(sliceRows).op("i32.mul").set(count);
          f.get(first).i32(sliceRows).op("i32.mul").set(first);
          site.finish(f, { first, end: count });
        });
      }
      f.i32(0).set(low).advance(table, 1);
      f.get(table).i32(dealt).op("i32.mul").get(share.end).op("i32.lt_u").branchIf(next);
    })
  );
}

/** Writes a loop over the runs of neighbouring slices that a share has in a table: the first's number in the output, and how many. */
function writeRuns(
  f: FunctionBody,
  { size, dealt }: Layout,
  { table, low, high }: Dealt,
  body: (run: { readonly first: Local; readonly count: Local }) => void,
): void {
  if (size === 0) return;
  f.scope(() => {
    const [group, end, first, count] = [0, 1, 2, 3].map(() => f.local("i32"));
    f.i32(0).set(group!);
    f.loop((next) => {
      // the last group may be shorter than what is dealt
      f.i32(size).get(group!).op("i32.sub").tee(end!).get(high);
      f.get(end!).get(high).op("i32.lt_u").op("select").set(end!);
      f.get(low).get(end!).op("i32.lt_u").if(() => {
        f.get(table).i32(size).op("i32.mul").get(group!).op("i32.add").get(low).op("i32.add");
        f.set(first!).get(end!).get(low).op("i32.sub").set(count!);
        body({ first: first!, count: count! });
      });
      f.advance(group!, dealt).get(group!).i32(size).op("i32.lt_u").branchIf(next);
    });
  });
}

/** Writes a walk of the list that adds the updates of a table's slices that a share has. */
function writeSums(
  { operands: [updates, indices], output }: KernelSite,
  { indexDtype, outer, taken, list, inner, size, dealt }: Layout,
  { f, own }: { readonly f: FunctionBody; readonly own: Dealt },
): void {
  if (list.size === 0) return;
  const sliceBytes = inner.size * inner.elementBytes;
  f.scope(() => {
    const [place, index, from, to] = [0, 1, 2, 3].map(() => f.local("i32"));
    f.i32(0).set(place!);
    f.loop((next) => {
      writeOffset(f, list, place!);
      f.i32(indices!.base).op("i32.add");
      loadBits(f, indexDtype);
      f.tee(index!).i32(size).op("i32.lt_u").if(() => {
        // what is below `low` becomes large
        f.get(index!);
        if (dealt < size) f.i32(dealt - 1).op("i32.and");
        f.get(own.low).op("i32.sub").get(own.high).get(own.low).op("i32.sub").op("i32.lt_u");
        f.if(() => {
          writeOffset(f, outer, own.table);
          writeOffset(f, taken, place!);
          f.op("i32.add").i32(updates!.base).op("i32.add").set(from!);
          f.get(own.table).i32(size).op("i32.mul").get(index!).op("i32.add");
          f.i32(sliceBytes).op("i32.mul").i32(output.base).op("i32.add").set(to!);
          writeSum(f, inner, { from: from!, to: to! });
        });
      });
      f.advance(place!, 1).get(place!).i32(list.size).op("i32.lt_u").branchIf(next);
    });
  });
}

/** Writes the sum of the slice at the address in `to` and an update. */
function writeSum(
  f: FunctionBody,
  inner: Walk,
  { from, to }: { readonly from: Local; readonly to: Local },
): void {
  const v = new Lanes(f, "strict");
  const one = (offset: number) =>
    f.scope(() => {
      const sum = v.op(
        "f32x4.add",
        v.load("v128.load32_zero", to, offset),
        v.load("v128.load32_zero", from, offset),
      );
      f.get(to).get(sum).memoryLane("v128.store32_lane", offset, 0);
    });
  if (!inner.isDense) return writeElements(f, inner, { along: from, dense: to }, () => one(0));
  const vectors = (count: number) => {
    for (let i = 0; i < count; i++) {
      f.scope(() => {
        const sum = v.op(
          "f32x4.add",
          v.load("v128.load", to, 16 * i),
          v.load("v128.load", from, 16 * i),
        );
        f.get(to).get(sum).memory("v128.store", 16 * i);
      });
    }
  };
  f.repeat(inner.size >> 4, () => {
    vectors(4);
    f.advance(to, 64).advance(from, 64);
  });
  const rest = (inner.size >> 2) & 3;
  vectors(rest);
  for (let i = 0; i < (inner.size & 3); i++) one(16 * rest + 4 * i);
}
