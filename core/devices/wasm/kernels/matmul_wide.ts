/**
 * The passes of a multiplication that are computed in vectors of 256 bits: parts of the inner axis,
 * panels of the one side, blocks of rows of the other. `matmul_wide_layout.ts` says how they are cut,
 * `matmul_wide_block.ts` is the code of a block.
 *
 * @module
 */
import type { FunctionBody, Local } from "../function_body.ts";
import { Lanes } from "../lanes.ts";
import type { KernelSite } from "./kernel.ts";
import { storeColumns } from "./matmul_block.ts";
import { firstRowOf, partsOf } from "./matmul_cut.ts";
import type { Layout } from "./matmul_layout.ts";
import {
  blockRows,
  packColumnsFunction,
  packedRowBytes,
  packSpreadFunction,
} from "./matmul_pack.ts";
import {
  wideBlocksFunction,
  wideLanes,
  widePanelOffset,
  wideRestFunction,
  wideRowBytes,
} from "./matmul_wide_block.ts";
import type { WideLayout } from "./matmul_wide_layout.ts";

/** Where the two sides and the output begin, and which blocks of rows to compute. */
export interface MatrixLocals {
  readonly lhs: Local;
  readonly rhs: Local;
  readonly output: Local;
  readonly begin: Local;
  readonly end: Local;
  readonly scratch: Local;
}

/** A layout with wide panels. */
type LayoutWithWide = Layout & { readonly wide: WideLayout };

/** Writes the columns that are computed in wide panels. */
export function writeWide(
  site: KernelSite,
  layout: LayoutWithWide,
  { f, locals }: { readonly f: FunctionBody; readonly locals: MatrixLocals },
): void {
  const { wide: { isSwapped, blocksPerGroup, columns } } = layout;
  const most = blocksPerGroup * blockRows;
  f.scope(() => {
    const [row, end, count] = [0, 1, 2].map(() => f.local("i32"));
    if (isSwapped) {
      f.i32(0).set(row!).i32(columns).set(end!);
    } else {
      firstRowOf(f, layout, locals.begin).set(row!);
      firstRowOf(f, layout, locals.end).set(end!);
    }
    f.get(row!).get(end!).op("i32.lt_u").if(() =>
      f.loop((next) => {
        f.get(end!).get(row!).op("i32.sub").tee(count!).i32(most);
        f.get(count!).i32(most).op("i32.lt_u").op("select").set(count!);
        f.scope(() => writeGroup(site, layout, { f, locals, row: row!, count: count! }));
        f.get(row!).get(count!).op("i32.add").tee(row!).get(end!).op("i32.lt_u").branchIf(next);
      })
    );
  });
}

/** A group of rows of the spread side that meet panels together. */
interface Group {
  readonly f: FunctionBody;
  readonly locals: MatrixLocals;
  /** Number of the first row. */
  readonly row: Local;
  /** Number of rows. */
  readonly count: Local;
}

/** Writes all panels of one group. */
function writeGroup(site: KernelSite, layout: LayoutWithWide, group: Group): void {
  const { f, locals: { lhs, rhs, output }, row } = group;
  const { wide, n } = layout;
  const [spread, panels] = wide.isSwapped ? [rhs, lhs] : [lhs, rhs];
  const [left, right, target, panel] = [0, 1, 2, 3].map(() => f.local("i32"));
  f.get(row).i32(wide.spread.row).op("i32.mul").get(spread).op("i32.add").set(left!);
  if (wide.rowBytes > 0) packGroup(site, layout, group, left!);
  const distance = wide.isSwapped ? 4 : 4 * n;
  f.get(row).i32(distance).op("i32.mul").get(output).op("i32.add").set(target!);
  f.get(panels).set(right!);
  const onePanel = (lanes: number) => {
    writePanel(site, layout, { ...group, left: left!, right: right!, target: target!, lanes });
    f.advance(right!, wideLanes * wide.panels.lane);
    f.advance(target!, wide.isSwapped ? wideLanes * 4 * n : 4 * wideLanes);
  };
  f.i32(Math.floor(wide.lanes / wideLanes)).set(panel!);
  f.repeat({ local: panel! }, () => onePanel(wideLanes));
  if (wide.lanes % wideLanes > 0) onePanel(wide.lanes % wideLanes);
}

/** Packs all parts of a group's rows, and moves `left` to where they are. */
function packGroup(
  site: KernelSite,
  { wide, k }: LayoutWithWide,
  { f, locals: { scratch }, count }: Group,
  left: Local,
): void {
  const { spread, rowOffset } = wide;
  forParts(wide, k, ({ length, place, packed }) => {
    f.get(left).i32(place * spread.inner).op("i32.add");
    f.get(scratch).i32(rowOffset + packed).op("i32.add");
    f.get(count).call(packSpreadFunction(site.module, { ...spread, length }));
  });
  f.get(scratch).i32(rowOffset).op("i32.add").set(left);
}

/** A part of the inner axis. */
interface Part {
  readonly length: number;
  /** Its first place. */
  readonly place: number;
  /** Bytes of packed rows before its own. */
  readonly packed: number;
}

function forParts(wide: WideLayout, k: number, write: (part: Part) => void): void {
  let [place, packed] = [0, 0];
  for (const length of partsOf(k)) {
    write({ length, place, packed });
    place += length;
    packed += wide.blocksPerGroup * blockRows * packedRowBytes(length);
  }
}

/**
 * The block that computes the rows of a group beyond its whole blocks. It ends with the group's last
 * row, or begins with the matrix' first one where fewer rows than a block's lie before that: either way
 * it is within the matrix.
 */
interface Rest {
  /** Its first row, counted from the group's; may be negative. */
  readonly first: Local;
  /** Its rows before the rest. */
  readonly skip: Local;
}

function writeRest(f: FunctionBody, { row, count }: Pick<Group, "row" | "count">): Rest {
  const [first, skip] = [f.local("i32"), f.local("i32")];
  f.get(count).i32(blockRows).op("i32.sub").i32(0).get(row).op("i32.sub");
  f.get(row).get(count).op("i32.add").i32(blockRows - 1).op("i32.gt_u").op("select").set(first);
  f.get(count).i32(blockRows).op("i32.div_u").i32(blockRows).op("i32.mul");
  f.get(first).op("i32.sub").set(skip);
  return { first, skip };
}

/** Puts the address of a row on the stack. */
function writeAddress(f: FunctionBody, row: Local, rowBytes: number, group: Local): void {
  f.get(row).i32(rowBytes).op("i32.mul").get(group).op("i32.add");
}

/** Writes all parts of one panel and one group. */
function writePanel(
  site: KernelSite,
  { wide, k, n }: LayoutWithWide,
  { f, locals: { scratch }, row, count, left, right, target, lanes }: Group & {
    readonly left: Local;
    readonly right: Local;
    readonly target: Local;
    readonly lanes: number;
  },
): void {
  const sumsRow = wide.sumsBytes > 0 ? wideRowBytes : 4 * n;
  const [spread, sums, blocks] = [0, 1, 2].map(() => f.local("i32"));
  if (wide.sumsBytes > 0) f.get(scratch).i32(wide.sumsOffset).op("i32.add").set(sums!);
  else f.get(target).set(sums!);
  f.get(count).i32(blockRows).op("i32.div_u").set(blocks!);
  const rest = writeRest(f, { row, count });
  forParts(wide, k, ({ length, place, packed }) => {
    const pack = packColumnsFunction(site.module, {
      columns: lanes,
      width: wideLanes,
      padsLast: true,
      length,
      inner: wide.panels.inner,
      column: wide.panels.lane,
    });
    const isPacked = wide.rowBytes > 0;
    const side = isPacked ? { row: packedRowBytes(length), inner: 4 } : wide.spread;
    const code = {
      arithmetic: site.arithmetic,
      rows: blockRows,
      spread: {
        row: side.row,
        places: Array.from({ length }, (_, place) => place * side.inner),
      },
      outputRow: sumsRow,
    };
    const accumulates = place > 0 ? 1 : 0;
    f.get(right).i32(place * wide.panels.inner).op("i32.add");
    f.get(scratch).i32(widePanelOffset).op("i32.add").call(pack);
    f.get(left).i32(isPacked ? packed : place * side.inner).op("i32.add").tee(spread!);
    f.get(sums!).get(blocks!).i32(accumulates).get(scratch);
    f.call(wideBlocksFunction(site.wide!, code));
    f.get(count).i32(blockRows).op("i32.rem_u").if(() => {
      writeAddress(f, rest.first, side.row, spread!);
      writeAddress(f, rest.first, sumsRow, sums!);
      f.get(rest.skip).get(count).i32(blockRows).op("i32.rem_u").i32(accumulates).get(scratch);
      f.call(wideRestFunction(site.wide!, code));
    });
  });
  if (wide.sumsBytes === 0) return;
  const deliver = wide.isSwapped
    ? turnFunction(site, { rows: lanes, outputRow: 4 * n })
    : moveFunction(site, { outputRow: 4 * n });
  f.get(sums!).get(target).get(count).call(deliver);
}

/** The function `(sums, output, count)` that moves rows of sums to the output. */
function moveFunction(
  { module }: KernelSite,
  { outputRow }: { readonly outputRow: number },
): FunctionBody {
  return module.shared(
    `move sums ${outputRow}`,
    () =>
      module.function(3, (f) =>
        f.repeat({ local: 2 }, () => {
          for (let i = 0; i < wideLanes / 4; i++) {
            f.get(1).get(0).memory("v128.load", 16 * i).memory("v128.store", 16 * i);
          }
          f.advance(0, wideRowBytes).advance(1, outputRow);
        })),
  );
}

/**
 * The function `(sums, output, count)` that turns sums whose lanes are rows of the output, and whose
 * rows are `count` of its columns: four of each at a time.
 */
function turnFunction(
  { module }: KernelSite,
  { rows, outputRow }: { readonly rows: number; readonly outputRow: number },
): FunctionBody {
  return module.shared(`turn sums ${rows} ${outputRow}`, () =>
    module.function(3, (f) => {
      const v = new Lanes(f, "strict");
      const fours = f.local("i32");
      const turn = (columns: number) => {
        f.scope(() => {
          for (let lane = 0; lane < rows; lane += 4) {
            const loaded = [0, 1, 2, 3].map((i) =>
              v.load("v128.load", 0, Math.min(i, columns - 1) * wideRowBytes + 4 * lane)
            );
            v.transpose(loaded).slice(0, rows - lane).forEach((row, i) =>
              storeColumns(f, row, { output: 1, offset: (lane + i) * outputRow, columns })
            );
          }
        });
        f.advance(0, columns * wideRowBytes).advance(1, 4 * columns);
      };
      f.get(2).i32(4).op("i32.div_u").set(fours);
      f.repeat({ local: fours }, () => turn(4));
      f.get(2).i32(4).op("i32.rem_u").set(fours);
      f.repeat({ local: fours }, () => turn(1));
    }));
}
