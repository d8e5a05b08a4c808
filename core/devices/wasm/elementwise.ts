/**
 * Kernels without an anchor: every place of the results is one expression.
 *
 * Algorithm: one pass over the merged axes, four lanes at a time, the loop unrolled to a cache line
 * where the expression is short. Of a long one, two vectors are computed part by part, so that the one's
 * chain of operations hides the latency of the other's (an LSTM's gates 86 us -> 74, `softplus` 380 ->
 * 287, on 64 Ki elements). Memory traffic: each operand once. All loads of a place come before
 * its stores, so that a result may replace an operand that is read at the same place.
 *
 * @module
 */
import { type Shape, sizeOf } from "../../tensor/mod.ts";
import { type Scalar, scalar } from "../../graph/mod.ts";
import type { Access, Result } from "../../plan/mod.ts";
import { type Places, sourceOf, store, StreamLeaves, walkedLeaves } from "./access.ts";
import type { FunctionBody, Local } from "./function_body.ts";
import { Expressions } from "./expression.ts";
import { Lanes } from "./lanes.ts";
import { type Loops, mergeAxes, Nest } from "./nest.ts";
import type { Program, ProgramContext, Share } from "./program.ts";
import {
  firstPlace,
  storeMayOverrun,
  unitPlaces,
  type WritePlaces,
  writeRow,
  writeUnits,
} from "./rows.ts";

/** The part of a kernel that is computed place by place. */
export interface ElementwiseKernel {
  readonly shape: Shape;
  readonly loads: readonly Access[];
  readonly results: readonly Result[];
}

/** The smallest float32 that is not denormal. */
const smallestNormal = 2 ** -126;

/** Instructions in an expression up to which loops are unrolled to four vectors. */
const unrolledWeight = 48;

/** The program of an elementwise kernel. */
export function elementwiseProgram(kernel: ElementwiseKernel, context: ProgramContext): Program {
  const written = prepare(kernel, context, { keepLast: false });
  const { axes } = written.loops;
  const size = axes[0]!.size;
  const units = sizeOf(kernel.shape) === 0
    ? 0
    : axes.length === 1
    ? Math.ceil(size / unitPlaces)
    : size;
  return { units, scratchBytes: 0, write: (f, share) => writeShare(written, f, share) };
}

/**
 * The program of an elementwise kernel whose units are the rows of its last axis, or `null` when the
 * axes before it cannot be walked as one.
 */
export function rowwiseProgram(
  kernel: ElementwiseKernel,
  context: ProgramContext,
): Program | null {
  const written = prepare(kernel, context, { keepLast: true });
  const { axes } = written.loops;
  if (axes.length !== 2) return null;
  return {
    units: axes[0]!.size,
    scratchBytes: 0,
    write: (f, share) => writeShare(written, f, share),
  };
}

/**
 * What is stored for a result. Denormal numbers are not kept in state: a running mean of gradients
 * that have become zero decays into them and stays there, and processors take many times as long for
 * each (a step of `mnist.ts` went from 420 to 870 us in two epochs; without them it stays at 450).
 */
function rootOf({ expression, store }: Result, { buffers }: ProgramContext): Scalar {
  const value = scalar.cast(expression, scalar.scalarTypeOf(store.dtype));
  return store.dtype === "f32" && buffers[store.buffer]!.region === "state"
    ? scalar.select(scalar.less(scalar.abs(value), smallestNormal), 0, value)
    : value;
}

interface Prepared {
  readonly kernel: ElementwiseKernel;
  readonly context: ProgramContext;
  readonly loops: Loops;
  readonly leaves: StreamLeaves;
}

function prepare(
  kernel: ElementwiseKernel,
  context: ProgramContext,
  options: { readonly keepLast: boolean },
): Prepared {
  const { buffers } = context;
  const expressions = kernel.results.map(({ expression }) => expression);
  const leaves = walkedLeaves(expressions, kernel.shape, { loads: kernel.loads, buffers });
  const stores = kernel.results.map(({ store }) => sourceOf(store, buffers));
  const sources = [...stores, ...leaves.map(({ source }) => source)];
  const loops = mergeAxes(kernel.shape, sources, options);
  return {
    kernel,
    context,
    loops,
    leaves: new StreamLeaves(leaves, loops.streams.slice(stores.length)),
  };
}

function writeShare(
  { kernel, context, loops, leaves }: Prepared,
  f: FunctionBody,
  share: Share,
): void {
  const v = new Lanes(f, context.arithmetic);
  const roots = kernel.results.map((result) => rootOf(result, context));
  const expressions = new Expressions(roots, v, leaves);
  const { axes, streams } = loops;
  const last = axes.length - 1;
  const flat = last === 0;
  const first = flat ? firstPlace(f, share) : share.begin;
  const nest = new Nest(f, streams, { axis: 0, place: first });
  const whole: Places = { lanes: 4, at: 0 };
  const at = (places: Places) => (leaf: Parameters<StreamLeaves["load"]>[0]): Local =>
    leaves.load(leaf, v, nest, places);
  const together = (all: readonly Places[]) =>
    f.scope(() => {
      const values = expressions.emitTogether(all.map(at));
      all.forEach((places, place) =>
        kernel.results.forEach((result, i) =>
          store(values[place]![i]!, result.store.dtype, { v, nest, stream: streams[i]!, places })
        )
      );
    });
  const isShort = expressions.weight <= unrolledWeight;
  const write: WritePlaces = (vectors, start) => {
    if (vectors === 0) return together([{ lanes: 1, at: start }]);
    const all = Array.from(
      { length: vectors },
      (_, i) => ({ lanes: 4, at: start + 4 * i }) as const,
    );
    if (!isShort) return together(all);
    for (const places of all) together([places]);
  };
  const unroll = isShort ? 4 : 2;
  const length = axes[last]!.size;
  expressions.prelude(0, at(whole));
  if (flat) {
    const mayOverrun = leaves.mayOverrun &&
      kernel.results.every(({ store }) => storeMayOverrun(store, length, context.buffers));
    expressions.prelude(1, at(whole));
    writeUnits(f, nest, { axis: 0, length, unroll, mayOverrun, share }, write);
    return;
  }
  const inside = (axis: number): void => {
    if (axis === last) {
      expressions.prelude(1, at(whole));
      writeRow(nest, { axis, length, unroll }, write);
    } else {
      nest.along(axis, { times: axes[axis]!.size, step: 1 }, () => inside(axis + 1));
      nest.move(axis, -axes[axis]!.size);
    }
  };
  const rows = f.local("i32");
  f.get(share.end).get(share.begin).op("i32.sub").set(rows);
  nest.along(0, { times: { local: rows }, step: 1 }, () => inside(1));
}
