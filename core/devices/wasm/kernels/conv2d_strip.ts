/**
 * Copies of parts of images into scratch memory: rows with zeros where the padding is, their channels
 * side by side without gaps.
 *
 * @module
 */
import type { ModuleAssembler } from "../assembler.ts";
import type { FunctionBody } from "../function_body.ts";
import { Lanes } from "../lanes.ts";
import type { ImageSteps } from "./conv2d_sliding_layout.ts";

/** What strips are cut from, and how wide they are. */
export interface Strip {
  /** Rows of an image. */
  readonly height: number;
  /** Columns of an image that are copied, and the columns of zeros before and behind them. */
  readonly columns: number;
  readonly before: number;
  readonly behind: number;
  readonly channels: number;
  readonly steps: ImageSteps;
}

/** Bytes of a row of a strip. */
export function stripRowBytes({ before, columns, behind, channels }: Strip): number {
  return 4 * (before + columns + behind) * channels;
}

/**
 * The function `(source, target, first, rows)` that copies rows of an image that begins at `source`;
 * `first` is the number of the first, below 0 or beyond the last in the padding. It may write up to 12
 * bytes behind the strip.
 */
export function stripFunction(module: ModuleAssembler, strip: Strip): FunctionBody {
  const { height, columns, before, behind, channels } = strip;
  const { row } = strip.steps;
  return module.shared(`strip ${JSON.stringify(strip)}`, () =>
    module.function(4, (f) => {
      const v = new Lanes(f, "strict");
      const [source, target, first, rows] = [0, 1, 2, 3];
      const zeros = (count: number) => {
        f.repeat(Math.ceil(count / 4), () => {
          f.get(target!).get(v.word(0)).memory("v128.store", 0).advance(target!, 16);
        });
        f.advance(target!, 4 * count - 16 * Math.ceil(count / 4));
      };
      f.get(first!).i32(row).op("i32.mul").get(source!).op("i32.add").set(source!);
      f.repeat({ local: rows! }, () => {
        // numbers below 0 are large ones without a sign
        f.get(first!).i32(height).op("i32.lt_u").if(() => {
          zeros(before * channels);
          writeColumns(v, strip);
          zeros(behind * channels);
        });
        f.i32(height).get(first!).op("i32.gt_u").op("i32.eqz").if(() =>
          zeros((before + columns + behind) * channels)
        );
        f.advance(source!, row).advance(first!, 1);
      });
    }));
}

/** Writes the copy of the columns of a row; vectors reach beyond their last channel. */
function writeColumns(v: Lanes, { columns, channels, steps }: Strip): void {
  const { f } = v;
  const target = 1;
  const source = f.local("i32");
  f.get(0).set(source);
  const run = (count: number, distance: number) => {
    const vector = (lanes: number) => {
      const loaded = distance === 4
        ? v.load("v128.load", source, 0)
        : v.gather(source, [0, 1, 2, 3].map((lane) => Math.min(lane, lanes - 1) * distance));
      f.get(target).get(loaded).memory("v128.store", 0);
      f.advance(source, lanes * distance).advance(target, 4 * lanes);
    };
    f.repeat(count >> 2, () => f.scope(() => vector(4)));
    if (count % 4 > 0) f.scope(() => vector(count % 4));
  };
  if (channels === 1) return run(columns, steps.column);
  if (steps.column === channels * steps.channel) return run(columns * channels, steps.channel);
  f.repeat(columns, () => {
    run(channels, steps.channel);
    f.advance(source, steps.column - channels * steps.channel);
  });
}
