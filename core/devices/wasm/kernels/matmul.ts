/**
 * Matrix multiplication in float32, every side transposed or not, any strides.
 *
 * Algorithm: blocks of up to 6 rows times panels of 8 columns, whose 12 sums stay in registers over
 * the whole inner axis: with two vectors of the right side and one of the left they fill the 15
 * vector registers that V8 gives, and 12 chains hide the latency of the multiply-add. Rows are split
 * evenly (32 = 6 + 6 + 5 + 5 + 5 + 5), since few rows leave few chains.
 *
 * The right side is packed into panels in scratch memory, so that the innermost loop reads it in
 * order; the left side is read where it lies, one element spread over four lanes. An inner axis
 * beyond 768 is taken in parts, and columns in blocks, so that a panel and six rows fit the first
 * level cache and a block of panels the second. With one block of rows, nothing is read twice, and
 * the right side is read where it lies if its columns are neighbours.
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
import { type MatmulParams, matmulSizes } from "../../../ops/matmul.ts";
import type { FunctionBody, Local } from "../assembler.ts";
import { mergeAxes } from "../nest.ts";
import type { Program, Share } from "../program.ts";
import type { KernelSite, MakeProgram } from "./kernel.ts";
import { blockFunction } from "./matmul_block.ts";
import { packFunction } from "./matmul_pack.ts";

/** Rows of the largest block. */
const blockRows = 6;

/** Longest part of the inner axis. */
const longestPart = 768;

/** Bytes of the packed panels of one block of columns. */
const packedBytes = 512 * 1024;

/** The kernel of `matmul`: f32 only. */
export function matmulKernel(
  inputs: readonly TensorSpec[],
  params: MatmulParams,
): MakeProgram | null {
  if (inputs.some(({ dtype }) => dtype !== "f32")) return null;
  return (site) => {
    const layout = layoutOf(site, params);
    const columns = Math.min(layout.n, layout.columnsPerBlock);
    return {
      units: sizeOf(site.output.shape) === 0 ? 0 : layout.batch * layout.blocks,
      scratchBytes: layout.packed ? 4 * layout.partLength * Math.ceil(columns / 4) * 4 : 0,
      write: (f, share) => writeShare(site, layout, { f, share }),
    } satisfies Program;
  };
}

/** Sizes, distances in bytes, and how the loops are cut. */
interface Layout {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: number;
  /** Axes of the batch, outermost first, with the distances of both sides along them. */
  readonly batchAxes: readonly {
    readonly size: number;
    readonly lhs: number;
    readonly rhs: number;
  }[];
  readonly lhs: { readonly base: number; readonly row: number; readonly inner: number };
  readonly rhs: { readonly base: number; readonly inner: number; readonly column: number };
  /** Number of blocks of rows: `tall` of them have `rows + 1`, the others `rows`. */
  readonly blocks: number;
  readonly rows: number;
  readonly tall: number;
  readonly packed: boolean;
  /** Vectors in a panel. */
  readonly vectors: number;
  readonly partLength: number;
  readonly columnsPerBlock: number;
}

function layoutOf({ operands: [lhs, rhs], output }: KernelSite, params: MatmulParams): Layout {
  const sizes = matmulSizes(lhs!.shape, rhs!.shape, params);
  const { n, k } = sizes;
  const [lhsRow, lhsInner] = lastStrides(lhs!.strides, params.transposeLhs);
  const [rhsInner, rhsColumn] = lastStrides(rhs!.strides, params.transposeRhs);
  // the batch and the rows are one axis where the left side allows it and the right side repeats
  const { axes, streams: [left, right] } = mergeAxes(output.shape.slice(0, -1), [
    { ...lhs!, strides: [...lhs!.strides.slice(0, -2), lhsRow] },
    { ...rhs!, strides: [...rhs!.strides.slice(0, -2), 0] },
  ]);
  const rowsLast = right!.distances.at(-1) === 0;
  const m = rowsLast ? axes.at(-1)!.size : 1;
  const batchAxes = (rowsLast ? axes.slice(0, -1) : axes).map(({ size }, i) => ({
    size,
    lhs: left!.distances[i]!,
    rhs: right!.distances[i]!,
  }));
  const blocks = Math.max(1, Math.ceil(m / blockRows));
  const packed = blocks > 1 || rhsColumn !== 1;
  const parts = packed ? Math.max(1, Math.ceil(k / longestPart)) : 1;
  const partLength = Math.ceil(k / parts);
  const fitting = Math.floor(packedBytes / (32 * Math.max(1, partLength)));
  return {
    m,
    n,
    k,
    batch: sizeOf(batchAxes.map(({ size }) => size)),
    batchAxes,
    lhs: { base: lhs!.base, row: rowsLast ? left!.distances.at(-1)! : 0, inner: 4 * lhsInner },
    rhs: { base: rhs!.base, inner: 4 * rhsInner, column: 4 * rhsColumn },
    blocks,
    rows: Math.floor(m / blocks),
    tall: m % blocks,
    packed,
    vectors: packed || m > 2 ? 2 : m === 1 ? 8 : 4,
    partLength,
    columnsPerBlock: packed ? 8 * Math.max(1, fitting) : Infinity,
  };
}

/** The strides of the last two axes, `[row, column]` of the side as it is used. */
function lastStrides(strides: readonly number[], transposed: boolean): [number, number] {
  const [row, column] = [strides.at(-2)!, strides.at(-1)!];
  return transposed ? [column, row] : [row, column];
}

/** Writes a share: the blocks of rows from `begin` to `end`, counted through the matrices of the batch. */
function writeShare(
  site: KernelSite,
  layout: Layout,
  { f, share }: { readonly f: FunctionBody; readonly share: Share },
): void {
  const { m, n, blocks, batch, lhs, rhs } = layout;
  const matrix = matrixFunction(site, layout);
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
  const { n, k, partLength } = layout;
  const width = Math.min(n, layout.columnsPerBlock);
  return site.module.function(7, (f) => {
    for (let column = 0; column < n; column += width) {
      const columns = Math.min(width, n - column);
      let part = 0;
      do {
        const length = Math.min(partLength, k - part);
        const finish = width === n && part + length === k;
        writeCut(site, layout, { f, column, columns, part, length, finish });
        part += length;
      } while (part < k);
    }
    if (width < n) {
      writeSegments(f, layout, (rows, row) => writeFinish(site, f, rows, row));
    }
  });
}

/** One block of columns times one part of the inner axis. */
interface Cut {
  readonly f: FunctionBody;
  readonly column: number;
  readonly columns: number;
  readonly part: number;
  readonly length: number;
  /** Whether it finishes rows. */
  readonly finish: boolean;
}

function writeCut(site: KernelSite, layout: Layout, cut: Cut): void {
  const { f, column, columns, part, length, finish } = cut;
  const { lhs, rhs, n, packed, vectors } = layout;
  const panels = f.local("i32");
  f.get(matrixLocals.rhs).i32(part * rhs.inner + column * rhs.column).op("i32.add").set(panels);
  if (packed) {
    const pack = packFunction(site.module, { columns, length, ...rhs });
    f.get(panels).get(matrixLocals.scratch).call(pack);
    f.get(matrixLocals.scratch).set(panels);
  }
  writeSegments(f, layout, (rows, row) => {
    const block = blockFunction(site.module, site.arithmetic, {
      rows,
      columns,
      length,
      vectors,
      lhsRow: lhs.row,
      lhsInner: lhs.inner,
      rhsInner: packed ? null : rhs.inner,
      outputRow: 4 * n,
      accumulates: part > 0,
    });
    f.get(row).i32(lhs.row).op("i32.mul").i32(part * lhs.inner).op("i32.add");
    f.get(matrixLocals.lhs).op("i32.add");
    f.get(panels);
    f.get(row).i32(4 * n).op("i32.mul").i32(4 * column).op("i32.add");
    f.get(matrixLocals.output).op("i32.add");
    f.call(block);
    if (finish) writeFinish(site, f, rows, row);
  });
}

/** Writes loops over the share's blocks of rows: first the tall ones, then the others. */
function writeSegments(
  f: FunctionBody,
  { rows, tall, blocks }: Layout,
  write: (rows: number, row: Local) => void,
): void {
  const segment = (from: number, to: number, height: number) => {
    if (from === to || height === 0) return;
    f.scope(() => {
      const [block, end, row] = [f.local("i32"), f.local("i32"), f.local("i32")];
      f.get(matrixLocals.begin).i32(from);
      f.get(matrixLocals.begin).i32(from).op("i32.gt_u").op("select").set(block);
      f.get(matrixLocals.end).i32(to);
      f.get(matrixLocals.end).i32(to).op("i32.lt_u").op("select").set(end);
      f.get(block).i32(height).op("i32.mul").i32(from).op("i32.add").set(row);
      f.get(block).get(end).op("i32.lt_u").if(() =>
        f.loop((next) => {
          write(height, row);
          f.advance(row, height).advance(block, 1);
          f.get(block).get(end).op("i32.lt_u").branchIf(next);
        })
      );
    });
  };
  segment(0, tall, rows + 1);
  segment(tall, blocks, rows);
}

function writeFinish(site: KernelSite, f: FunctionBody, rows: number, row: Local): void {
  f.scope(() => {
    const [first, end] = [f.local("i32"), f.local("i32")];
    f.get(row).get(matrixLocals.firstRow).op("i32.add").tee(first);
    f.i32(rows).op("i32.add").set(end);
    site.finish(f, { first, end });
  });
}
