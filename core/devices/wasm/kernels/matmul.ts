/**
 * Matrix multiplication in float32, every side transposed or not, any strides.
 *
 * Algorithm: blocks of up to 5 rows times panels of 8 columns, whose 10 sums stay in registers over
 * the inner axis: 8 chains hide the latency of the multiply-add, and sums, two vectors of the right
 * side and four rows of the left with one of them spread fit the 15 vector registers that V8 gives.
 * V8 checks the bounds of every access in two or three instructions, and so what limits a block is
 * the number of its loads: four rows are loaded as one vector, whose lanes are spread by shuffles,
 * which 6x8 has no register for. (On a Xeon of 2023, 48 GFLOP/s at most: 6x8 with a load for every
 * row 34, the same unrolled 39, 5x8 in this way 44.)
 *
 * The right side is packed into panels in scratch memory, so that the innermost loop reads it in
 * order; a block of the left side is packed when it meets enough panels and its rows are not
 * neighbours already. An inner axis that is long is taken in parts, and columns in blocks, so that a
 * panel and a block of rows fit the first level cache and a block of panels the second. Rows are
 * split evenly (32 = 5 + 5 + 5 + 5 + 4 + 4 + 4), since few rows leave few chains. A single block of
 * rows reads the right side where it lies if its columns are neighbours.
 *
 * Threads share blocks of rows, or, where there are more columns than rows, chunks of columns; each
 * output is the same sum in the same order either way.
 *
 * Columns beyond the last whole panel are computed with what happens to lie there, and not stored.
 *
 * Memory traffic: left side once for each block of columns, right side once and its packed copy once
 * for each block of rows, output once for each part of the inner axis.
 *
 * Source: Goto, van de Geijn, "Anatomy of high-performance matrix multiplication", TOMS 2008.
 *
 * @module
 */
import { sizeOf, type TensorSpec } from "../../../tensor/mod.ts";
import type { MatmulParams } from "../../../ops/mod.ts";
import type { FunctionBody, Local } from "../function_body.ts";
import type { Program, Share } from "../program.ts";
import type { KernelSite, MakeProgram } from "./kernel.ts";
import { blocksFunction } from "./matmul_block.ts";
import { type Group, type Visit, writeGroups } from "./matmul_cut.ts";
import { type Layout, layoutOf } from "./matmul_layout.ts";
import { packColumnsFunction, packRowsFunction } from "./matmul_pack.ts";
import { writeWide } from "./matmul_wide.ts";

/** The kernel of `matmul`: f32 only. */
export function matmulKernel(
  inputs: readonly TensorSpec[],
  params: MatmulParams,
): MakeProgram | null {
  if (inputs.some(({ dtype }) => dtype !== "f32")) return null;
  return (site) => {
    const layout = layoutOf(site, params);
    return {
      units: sizeOf(site.output.shape) === 0
        ? 0
        : layout.chunks > 1
        ? layout.chunks
        : layout.batch * layout.blocks,
      leavesFinish: layout.chunks > 1,
      scratchBytes: layout.scratchBytes,
      hasWide: layout.hasWide,
      write: (f, share) => writeShare(site, layout, { f, share }),
    } satisfies Program;
  };
}

/** Writes a share: the blocks of rows from `begin` to `end`, counted through the matrices of the batch. */
function writeShare(
  site: KernelSite,
  layout: Layout,
  { f, share }: { readonly f: FunctionBody; readonly share: Share },
): void {
  const { m, n, blocks, batch, lhs, rhs, chunks } = layout;
  const matrix = matrixFunction(site, layout);
  if (chunks > 1) {
    writeChunks(site, layout, { f, share, matrix });
    return;
  }
  if (batch === 1) {
    f.i32(lhs.base).i32(rhs.base).i32(site.output.base).i32(0);
    f.get(share.begin).get(share.end).get(share.scratch).call(matrix);
    return;
  }
  const [number, done] = [f.local("i32"), f.local("i32")];
  f.get(share.begin).i32(blocks).op("i32.div_u").set(number);
  f.get(share.begin).get(share.end).op("i32.lt_u").if(() =>
    f.loop((next) => {
      f.get(number).i32(blocks).op("i32.mul").set(done);
      writeBatchAddress(f, number, layout, "lhs");
      writeBatchAddress(f, number, layout, "rhs");
      f.get(number).i32(m * n * 4).op("i32.mul").i32(site.output.base).op("i32.add");
      f.get(number).i32(m).op("i32.mul");
      // the blocks of this matrix that belong to the share
      f.get(share.begin).get(done).op("i32.sub").i32(0);
      f.get(share.begin).get(done).op("i32.gt_u").op("select");
      f.get(share.end).get(done).op("i32.sub").i32(blocks);
      f.get(share.end).get(done).op("i32.sub").i32(blocks).op("i32.lt_u").op("select");
      f.get(share.scratch).call(matrix);
      f.advance(number, 1);
      f.get(done).i32(blocks).op("i32.add").get(share.end).op("i32.lt_u").branchIf(next);
    })
  );
}

/** Writes a share of the chunks of columns: each is a matrix whose right side and output begin further on. */
function writeChunks(
  site: KernelSite,
  { blocks, lhs, rhs, chunkColumns }: Layout,
  { f, share, matrix }: {
    readonly f: FunctionBody;
    readonly share: Share;
    readonly matrix: FunctionBody;
  },
): void {
  const left = f.local("i32");
  const further = (bytes: number) => f.get(share.begin).i32(bytes * chunkColumns).op("i32.mul");
  f.get(share.end).get(share.begin).op("i32.sub").set(left);
  f.repeat({ local: left }, () => {
    f.i32(lhs.base);
    further(rhs.column).i32(rhs.base).op("i32.add");
    further(4).i32(site.output.base).op("i32.add");
    f.i32(0).i32(0).i32(blocks).get(share.scratch).call(matrix);
    f.advance(share.begin, 1);
  });
}

/** Puts the address at which a side of a matrix of the batch begins on the stack. */
function writeBatchAddress(
  f: FunctionBody,
  number: Local,
  layout: Layout,
  side: "lhs" | "rhs",
): void {
  f.i32(layout[side].base);
  let inner = 1;
  for (const axis of layout.batchAxes.toReversed()) {
    f.get(number).i32(inner).op("i32.div_u").i32(axis.size).op("i32.rem_u");
    f.i32(axis[side]).op("i32.mul").op("i32.add");
    inner *= axis.size;
  }
}

/** Parameters of the function for one matrix of the batch. */
const matrixLocals = { lhs: 0, rhs: 1, output: 2, firstRow: 3, begin: 4, end: 5, scratch: 6 };

/** The function that multiplies one matrix of the batch, or a share of its blocks of rows. */
function matrixFunction(site: KernelSite, layout: Layout): FunctionBody {
  const { chunkColumns: n, visits, chunks, wide, columnsPerBlock } = layout;
  const first = wide?.columns ?? 0;
  const finishes = chunks === 1;
  // rows are finished by the pass that completes them, or at the end if it is not the only one
  const isOnePass = first === 0 && columnsPerBlock >= n;
  return site.module.function(7, (f) => {
    if (wide !== null) writeWide(site, { ...layout, wide }, { f, locals: matrixLocals });
    for (let column = first; column < n; column += columnsPerBlock) {
      const columns = Math.min(columnsPerBlock, n - column);
      let place = 0;
      visits.forEach((visit, i) => {
        const isLast = finishes && isOnePass && i === visits.length - 1;
        writeCut(site, layout, { f, column, columns, place, visit, finish: isLast });
        place += visit.length * visit.parts;
      });
    }
    if (finishes && !isOnePass) {
      writeGroups(f, { ...layout, ...matrixLocals }, (group) => writeFinish(site, f, group));
    }
  });
}

/** One block of columns times one visit of the inner axis. */
interface Cut {
  readonly f: FunctionBody;
  readonly column: number;
  readonly columns: number;
  /** First place of the visit. */
  readonly place: number;
  readonly visit: Visit;
  /** Whether it finishes rows. */
  readonly finish: boolean;
}

function writeCut(site: KernelSite, layout: Layout, cut: Cut): void {
  const { f, column, columns, place, visit, finish } = cut;
  const { lhs, rhs, n, panelBytes, rowBytes, vectors } = layout;
  const length = visit.length * visit.parts;
  // parts of a visit of several are whole groups
  const [groups, rest] = [visit.length >> 2, visit.length & 3];
  const [panels, left, target] = [f.local("i32"), f.local("i32"), f.local("i32")];
  f.get(matrixLocals.rhs).i32(place * rhs.inner + column * rhs.column).op("i32.add").set(panels);
  if (panelBytes > 0) {
    const pack = packColumnsFunction(site.module, {
      ...rhs,
      columns,
      width: 8,
      padsLast: false,
      length,
    });
    f.get(panels).get(matrixLocals.scratch).call(pack);
    f.get(matrixLocals.scratch).set(panels);
  }
  f.get(matrixLocals.scratch).i32(panelBytes).op("i32.add").set(target);
  writeGroups(f, { ...layout, ...matrixLocals }, ({ rows, row, count }) => {
    f.get(row).i32(lhs.row).op("i32.mul").i32(place * lhs.inner).op("i32.add");
    f.get(matrixLocals.lhs).op("i32.add").set(left);
    if (rowBytes > 0) {
      const pack = packRowsFunction(site.module, { ...lhs, rows, rest });
      f.get(left).get(target).get(count).i32(length >> 2).call(pack);
      f.get(target).set(left);
    }
    const blocks = blocksFunction(site.module, site.arithmetic, {
      rows,
      columns,
      rest,
      vectors,
      lhs: rowBytes > 0 ? null : { row: lhs.row, inner: lhs.inner },
      rhsInner: panelBytes > 0 ? null : rhs.inner,
      outputRow: 4 * n,
    });
    f.get(left).get(panels);
    f.get(row).i32(4 * n).op("i32.mul").i32(4 * column).op("i32.add");
    f.get(matrixLocals.output).op("i32.add");
    f.get(count).i32(groups).i32(visit.parts).i32(place > 0 ? 1 : 0).call(blocks);
    if (finish) writeFinish(site, f, { rows, row, count });
  });
}

function writeFinish(site: KernelSite, f: FunctionBody, { rows, row, count }: Group): void {
  f.scope(() => {
    const [first, end] = [f.local("i32"), f.local("i32")];
    f.get(row).get(matrixLocals.firstRow).op("i32.add").tee(first);
    f.get(count).i32(rows).op("i32.mul").op("i32.add").set(end);
    site.finish(f, { first, end });
  });
}
