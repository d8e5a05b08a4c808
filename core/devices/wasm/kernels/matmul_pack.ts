/**
 * Packs the right side of a matrix multiplication into panels of 8 columns: the panel's columns of
 * one place of the inner axis, then those of the next. The last panel is 4 or 8 columns wide.
 *
 * @module
 */
import type { FunctionBody, ModuleAssembler } from "../assembler.ts";
import { Lanes } from "../lanes.ts";

/** What is packed; distances are in bytes. */
export interface Packing {
  readonly columns: number;
  /** Length of the inner axis. */
  readonly length: number;
  readonly inner: number;
  readonly column: number;
}

const parameters = { source: 0, target: 1 };

/** The function `(source, target)` that packs. */
export function packFunction(module: ModuleAssembler, packing: Packing): FunctionBody {
  const { columns, length, inner, column } = packing;
  return module.shared(
    `pack ${[columns, length, inner, column].join()}`,
    () =>
      module.function(2, (f) => {
        f.repeat(Math.floor(columns / 8), () => {
          writePanel(f, packing, 8);
          f.advance(parameters.source, 8 * column - length * inner);
        });
        if (columns % 8 > 0) writePanel(f, packing, columns % 8);
      }),
  );
}

/** Writes the packing of one panel, which leaves the target behind it and the source `length` on. */
function writePanel(f: FunctionBody, { length, inner, column }: Packing, columns: number): void {
  const vectors = Math.ceil(columns / 4);
  if (column === 4) {
    f.repeat(length, () => {
      for (let i = 0; i < vectors; i++) {
        f.get(parameters.target).get(parameters.source).memory("v128.load", 16 * i);
        f.memory("v128.store", 16 * i);
      }
      f.advance(parameters.source, inner).advance(parameters.target, 16 * vectors);
    });
    return;
  }
  // columns that do not exist are read from the last that does
  const offset = (index: number) => Math.min(index, columns - 1) * column;
  const single = () => {
    for (let i = 0; i < vectors; i++) {
      f.scope(() => gather(f, [0, 1, 2, 3].map((lane) => offset(4 * i + lane)), 16 * i));
    }
    f.advance(parameters.source, inner).advance(parameters.target, 16 * vectors);
  };
  if (inner === 4 && column > 0) {
    f.repeat(length >> 2, () => {
      for (let i = 0; i < vectors; i++) {
        f.scope(() =>
          transpose(f, [0, 1, 2, 3].map((lane) => offset(4 * i + lane)), {
            target: 16 * i,
            step: 16 * vectors,
          })
        );
      }
      f.advance(parameters.source, 16).advance(parameters.target, 64 * vectors);
    });
    f.repeat(length & 3, single);
  } else f.repeat(length, single);
}

/** Packs one place of four columns. */
function gather(f: FunctionBody, offsets: readonly number[], target: number): void {
  const vector = f.local("v128");
  f.words(0, 0, 0, 0).set(vector);
  offsets.forEach((offset, lane) => {
    f.get(parameters.source);
    if (offset < 0) f.i32(offset).op("i32.add");
    f.get(vector).memoryLane("v128.load32_lane", Math.max(0, offset), lane).set(vector);
  });
  f.get(parameters.target).get(vector).memory("v128.store", target);
}

/** Packs four places of four columns: a 4x4 transposition. */
function transpose(
  f: FunctionBody,
  offsets: readonly number[],
  { target, step }: { readonly target: number; readonly step: number },
): void {
  const v = new Lanes(f, "strict");
  const [a, b, c, d] = offsets.map((offset) => {
    f.get(parameters.source).memory("v128.load", offset);
    return v.keep();
  });
  const abLow = v.shuffle(a!, b!, 0, 4, 1, 5);
  const abHigh = v.shuffle(a!, b!, 2, 6, 3, 7);
  const cdLow = v.shuffle(c!, d!, 0, 4, 1, 5);
  const cdHigh = v.shuffle(c!, d!, 2, 6, 3, 7);
  const places = [
    v.shuffle(abLow, cdLow, 0, 1, 4, 5),
    v.shuffle(abLow, cdLow, 2, 3, 6, 7),
    v.shuffle(abHigh, cdHigh, 0, 1, 4, 5),
    v.shuffle(abHigh, cdHigh, 2, 3, 6, 7),
  ];
  places.forEach((place, i) =>
    f.get(parameters.target).get(place).memory("v128.store", target + i * step)
  );
}
