/**
 * Tensors one behind the other, in any dtype and with any strides.
 *
 * Algorithm: what an input gives for one place of the axes before the concatenated one is one run of
 * neighbours, in the input and in the output: a *piece*, copied as `slices.ts` tells. Pieces are
 * counted input by input, and threads share them.
 *
 * Memory traffic: each element once in and once out; the op's decomposition reads every input for all
 * places behind it. `bench/step_bench.ts` has it in `sequence`, whose step joins 28 blocks of 64 by 512.
 *
 * @module
 */
import { type DType, sizeOf, type TensorSpec } from "../../../tensor/mod.ts";
import type { ConcatenateParams } from "../../../ops/mod.ts";
import type { FunctionBody } from "../function_body.ts";
import type { Program, Share } from "../program.ts";
import type { KernelSite, MakeProgram } from "./kernel.ts";
import { type Walk, walkOf, writeCopy, writeOffset } from "./slices.ts";

/** The kernel of `concatenate`: it always applies. */
export function concatenateKernel(
  [first]: readonly TensorSpec[],
  { axis }: ConcatenateParams,
): MakeProgram {
  return (site) => {
    const outer = sizeOf(site.output.shape.slice(0, axis));
    const parts = outer === 0 ? [] : partsOf(site, axis);
    return {
      units: parts.length * outer,
      scratchBytes: 0,
      leavesFinish: true,
      write(f, share) {
        const outputBytes = parts.reduce((sum, part) => sum + part.bytes, 0);
        parts.forEach((part, i) =>
          writePart(f, share, {
            ...part,
            first: i * outer,
            outer,
            outputBytes,
            dtype: first!.dtype,
          })
        );
      },
    } satisfies Program;
  };
}

/** An input that has elements. */
interface Part {
  /** Where it begins, and where its first piece goes. */
  readonly from: number;
  readonly to: number;
  /** From one piece to the next. */
  readonly pieces: Walk;
  readonly piece: Walk;
  /** Bytes of a piece. */
  readonly bytes: number;
}

function partsOf({ operands, output }: KernelSite, axis: number): Part[] {
  let to = output.base;
  return operands.flatMap((operand) => {
    const piece = walkOf(operand, axis, operand.shape.length);
    if (piece.size === 0) return [];
    const bytes = piece.size * piece.elementBytes;
    to += bytes;
    const pieces = walkOf(operand, 0, axis);
    return [{ from: operand.base, to: to - bytes, pieces, piece, bytes }];
  });
}

/** Writes the pieces of an input that belong to a share. */
function writePart(
  f: FunctionBody,
  { begin, end }: Share,
  { from, to, pieces, piece, bytes, first, outer, outputBytes, dtype }: Part & {
    /** Number of the first piece. */
    readonly first: number;
    /** Number of pieces. */
    readonly outer: number;
    /** Bytes from one piece in the output to the next. */
    readonly outputBytes: number;
    readonly dtype: DType;
  },
): void {
  f.scope(() => {
    const [number, left, source, target] = [0, 1, 2, 3].map(() => f.local("i32"));
    // the pieces of a share from `first` on: max(begin - first, 0) up to min(end - first, outer)
    const clamped = (limit: typeof begin, local: typeof begin) => {
      f.get(limit).i32(first).op("i32.sub").i32(0);
      f.get(limit).i32(first).op("i32.gt_u").op("select").set(local);
      f.get(local).i32(outer).get(local).i32(outer).op("i32.lt_u").op("select").set(local);
    };
    clamped(begin, number!);
    clamped(end, left!);
    f.get(number!).i32(outputBytes).op("i32.mul").i32(to).op("i32.add").set(target!);
    f.get(left!).get(number!).op("i32.sub").set(left!);
    f.repeat({ local: left! }, () => {
      f.i32(from);
      if (pieces.axes.length > 0) {
        writeOffset(f, pieces, number!);
        f.op("i32.add");
      }
      f.set(source!);
      writeCopy(f, piece, { from: source!, to: target!, dtype });
      f.advance(number!, 1).advance(target!, outputBytes - bytes);
    });
  });
}
