/**
 * Kernels with a reduction as anchor: for each place of the results, an expression is combined over
 * the reduced axes, and the results are expressions of what came out.
 *
 * Algorithm: two cases, by the innermost of the merged axes. If it is reduced, four lanes run along
 * it, in four independent chains where rows are long, and are combined at its end. If it is kept,
 * four lanes are four results, and a strip of 16 results (a cache line) is summed down the reduced
 * axes at once. Short rows (ten classes) are taken the second way too: lanes are then rows, whose
 * elements are gathered, and nothing is left to be combined. Sums have a fixed order in all; threads
 * split the outermost kept axis, or the strips. Memory traffic: each operand once.
 *
 * @module
 */
import { sizeOf } from "../../tensor/mod.ts";
import {
  costOf,
  type ReduceOperator,
  type Scalar,
  scalar,
  type ScalarType,
} from "../../graph/mod.ts";
import type { Kernel, ReduceAnchor } from "../../plan/mod.ts";
import { type Places, sourceOf, store, StreamLeaves, walkedLeaves } from "./access.ts";
import type { FunctionBody, Local } from "./function_body.ts";
import { combine, Expressions } from "./expression.ts";
import { Lanes } from "./lanes.ts";
import { levelOf, type Loops, mergeAxes, Nest, type Source, type Stream } from "./nest.ts";
import type { Program, ProgramContext, Share } from "./program.ts";
import {
  firstPlace,
  storeMayOverrun,
  unitPlaces,
  type WritePlaces,
  writeRow,
  writeUnits,
} from "./rows.ts";

/** Instructions in the body up to which loops run in four chains. */
const unrolledWeight = 32;

/** Everything that the code of a reduction is written from. */
interface Reduction {
  readonly kernel: Kernel;
  readonly anchor: ReduceAnchor;
  readonly context: ProgramContext;
  readonly loops: Loops;
  readonly bodyLeaves: StreamLeaves;
  readonly resultLeaves: StreamLeaves;
  /** Numbers of the merged axes that stay, and of those that are reduced. */
  readonly kept: readonly number[];
  readonly reduced: readonly number[];
}

/** The program of a kernel with a reduction. */
export function reduceProgram(
  kernel: Kernel,
  anchor: ReduceAnchor,
  context: ProgramContext,
): Program {
  const reduction = prepare(kernel, anchor, context);
  const { axes } = reduction.loops;
  const columns = !axes.at(-1)!.reduced;
  const outermost = reduction.kept[0];
  const units = sizeOf(kernel.shape) === 0
    ? 0
    : outermost === undefined
    ? 1
    : columns && reduction.kept.length === 1
    ? Math.ceil(axes[outermost]!.size / unitPlaces)
    : axes[outermost]!.size;
  return {
    units,
    scratchBytes: 0,
    write: (f, share) =>
      columns ? writeColumns(reduction, f, share) : writeRows(reduction, f, share),
  };
}

function prepare(kernel: Kernel, anchor: ReduceAnchor, context: ProgramContext): Reduction {
  const { buffers } = context;
  // results do not move along reduced axes
  const still = (source: Source): Source => ({
    ...source,
    strides: source.strides.map((stride, axis) => (anchor.axes.includes(axis) ? 0 : stride)),
  });
  const stores = kernel.results.map(({ store }) => still(sourceOf(store, buffers)));
  const bodyLeaves = walkedLeaves([anchor.body], anchor.shape, { loads: anchor.loads, buffers });
  const resultLeaves = walkedLeaves(
    kernel.results.map(({ expression }) => expression),
    kernel.shape,
    { loads: kernel.loads, buffers },
  );
  const merged = mergeAxes(
    anchor.shape,
    [
      ...stores,
      ...bodyLeaves.map(({ source }) => source),
      ...resultLeaves.map(({ source }) => still(source)),
    ],
    { reduced: anchor.axes },
  );
  const bodyStart = stores.length;
  const loops = hasShortRows(merged, { anchor, stores: stores.length, reads: bodyLeaves.length })
    ? rowsAsLanes(merged)
    : merged;
  const resultStart = bodyStart + bodyLeaves.length;
  const columns = !loops.axes.at(-1)!.reduced;
  const outside = (stream: Parameters<typeof levelOf>[0]) => levelOf(stream) === 0 ? 0 : 2;
  const axes = [...loops.axes.keys()];
  return {
    kernel,
    anchor,
    context,
    loops,
    bodyLeaves: new StreamLeaves(
      bodyLeaves,
      loops.streams.slice(bodyStart, resultStart),
      columns ? outside : levelOf,
    ),
    resultLeaves: new StreamLeaves(resultLeaves, loops.streams.slice(resultStart), outside),
    kept: axes.filter((axis) => !loops.axes[axis]!.reduced),
    reduced: axes.filter((axis) => loops.axes[axis]!.reduced),
  };
}

/**
 * Whether the innermost axis is reduced and so short that four rows at once take fewer instructions, by
 * count, than one after the other with its tail and what combines its lanes. Of 1024 rows of 10 on one
 * thread, before and after: the largest 18.9 and 9.0 µs, the sum of exponentials 28.9 and 19.0.
 */
function hasShortRows(
  { axes, streams }: Loops,
  { anchor: { body, operator }, stores, reads }: {
    readonly anchor: ReduceAnchor;
    /** Numbers of streams that are stored to, and then of those that the body reads. */
    readonly stores: number;
    readonly reads: number;
  },
): boolean {
  const [kept, row] = axes.slice(-2);
  if (row === undefined || !row.reduced || kept!.reduced || kept!.size < unitPlaces) return false;
  const lieTogether = ({ distances, elementBytes }: Stream) => distances.at(-2) === elementBytes;
  if (!streams.slice(0, stores).every(lieTogether)) return false;
  const each = costOf([body]);
  // which of two floats is greater takes ten instructions: NaN, and -0 below 0
  const combining = body.type === "f32" && (operator === "max" || operator === "min") ? 10 : 1;
  const inRow = Math.floor(row.size / 4) + row.size % 4;
  const rowCost = inRow * (each + 1 + combining) + 3 * combining + 4;
  const gathered = streams.slice(stores, stores + reads)
    .filter((stream) => stream.distances.at(-2) !== 0 && !lieTogether(stream));
  return row.size / 4 * (each + 10 * gathered.length + combining) < rowCost;
}

/** The same loops with the last two axes exchanged. */
function rowsAsLanes({ axes, streams }: Loops): Loops {
  const exchanged = <T>(all: readonly T[]): T[] => [
    ...all.slice(0, -2),
    all.at(-1)!,
    all.at(-2)!,
  ];
  return {
    axes: exchanged(axes),
    streams: streams.map((stream) => ({ ...stream, distances: exchanged(stream.distances) })),
  };
}

/** What both cases write with. */
interface Writer {
  readonly v: Lanes;
  readonly nest: Nest;
  readonly body: Expressions;
  readonly type: ScalarType;
  /** A local that holds the operator's identity. */
  identity(): Local;
  /** Combines a vector into an accumulator. */
  accumulate(accumulator: Local, value: Local): void;
  readonly bodyAt: (places: Places) => (leaf: Scalar) => Local;
  /** Computes and stores the results at some places. */
  finish(anchor: Local, places: Places): void;
  /** Runs `write` over whole axes, one inside the other. */
  over(axes: readonly number[], write: () => void): void;
}

function writerOf(reduction: Reduction, f: FunctionBody, place: Local): Writer {
  const { kernel, anchor, context, loops, bodyLeaves, resultLeaves, kept } = reduction;
  const v = new Lanes(f, context.arithmetic);
  const body = new Expressions([anchor.body], v, bodyLeaves);
  const results = new Expressions(
    kernel.results.map(({ expression, store }) =>
      scalar.cast(expression, scalar.scalarTypeOf(store.dtype))
    ),
    v,
    resultLeaves,
  );
  const nest = new Nest(f, loops.streams, { axis: kept[0] ?? 0, place });
  const type = anchor.body.type;
  const bodyAt = (places: Places) => (leaf: Scalar) => bodyLeaves.load(leaf, v, nest, places);
  const whole: Places = { lanes: 4, at: 0 };
  body.prelude(0, bodyAt(whole));
  results.prelude(0, (leaf) => resultLeaves.load(leaf, v, nest, whole));
  const over = (axes: readonly number[], write: () => void): void => {
    const [axis, ...inner] = axes;
    if (axis === undefined) return write();
    const times = loops.axes[axis]!.size;
    nest.along(axis, { times, step: 1 }, () => over(inner, write));
    nest.move(axis, -times);
  };
  return {
    v,
    nest,
    body,
    type,
    bodyAt,
    over,
    identity() {
      const local = f.local("v128");
      f.get(identityOf(v, anchor.operator, type)).set(local);
      return local;
    },
    accumulate(accumulator, value) {
      f.get(combine(v, anchor.operator, type, accumulator, value)).set(accumulator);
    },
    finish: (anchorValue, places) =>
      f.scope(() => {
        const values = results.emit((leaf) =>
          leaf.kind === "anchor" ? anchorValue : resultLeaves.load(leaf, v, nest, places)
        );
        kernel.results.forEach((result, i) =>
          store(values[i]!, result.store.dtype, { v, nest, stream: loops.streams[i]!, places })
        );
      }),
  };
}

/** The innermost axis is reduced: lanes run along it. */
function writeRows(reduction: Reduction, f: FunctionBody, share: Share): void {
  const { loops, kept, reduced } = reduction;
  const writer = writerOf(reduction, f, share.begin);
  const { nest, body, bodyAt } = writer;
  const inner = reduced.at(-1)!;
  const length = loops.axes[inner]!.size;
  const vectors = length >> 2;
  const chains = body.weight <= unrolledWeight ? Math.min(4, vectors) : Math.min(1, vectors);
  const reduce = () =>
    f.scope(() => {
      const accumulators = Array.from({ length: chains }, () => writer.identity());
      const tail = (length & 3) > 0 || chains === 0 ? writer.identity() : null;
      const add = (accumulator: Local, places: Places) =>
        f.scope(() => writer.accumulate(accumulator, body.emit(bodyAt(places))[0]!));
      writer.over(reduced.slice(0, -1), () =>
        f.scope(() => {
          body.prelude(1, bodyAt({ lanes: 4, at: 0 }));
          writeRow(nest, { axis: inner, length, unroll: Math.max(1, chains) }, (count, at) => {
            if (count === 0) add(tail!, { lanes: 1, at });
            for (let i = 0; i < count; i++) add(accumulators[i]!, { lanes: 4, at: at + 4 * i });
          });
        }));
      writer.finish(combineLanes(writer, accumulators, tail), { lanes: 1, at: 0 });
    });
  const count = f.local("i32");
  f.get(share.end).get(share.begin).op("i32.sub").set(count);
  const [outermost, ...others] = kept;
  if (outermost === undefined) f.repeat({ local: count }, reduce);
  else {
    nest.along(outermost, { times: { local: count }, step: 1 }, () => writer.over(others, reduce));
  }
}

/** Combines all lanes of the accumulators, and lane 0 of the tail, into lane 0 of the result. */
function combineLanes(
  { v, accumulate }: Writer,
  accumulators: readonly Local[],
  tail: Local | null,
): Local {
  if (accumulators.length === 0) return tail!;
  for (let width = accumulators.length; width > 1; width = Math.ceil(width / 2)) {
    const half = Math.ceil(width / 2);
    for (let i = half; i < width; i++) accumulate(accumulators[i - half]!, accumulators[i]!);
  }
  const total = accumulators[0]!;
  accumulate(total, v.shuffle(total, total, 2, 3, 0, 1));
  accumulate(total, v.shuffle(total, total, 1, 0, 3, 2));
  if (tail !== null) accumulate(total, tail);
  return total;
}

/** The innermost axis is kept: lanes are results. */
function writeColumns(reduction: Reduction, f: FunctionBody, share: Share): void {
  const { kernel, context, loops, bodyLeaves, resultLeaves, kept, reduced } = reduction;
  const flat = kept.length === 1;
  const writer = writerOf(reduction, f, flat ? firstPlace(f, share) : share.begin);
  const { nest, body, bodyAt } = writer;
  const axis = kept.at(-1)!;
  const length = loops.axes[axis]!.size;
  const unroll = body.weight <= unrolledWeight ? 4 : 1;
  const write: WritePlaces = (vectors, at) =>
    f.scope(() => {
      const places = Array.from({ length: Math.max(1, vectors) }, (_, i): Places => ({
        lanes: vectors === 0 ? 1 : 4,
        at: at + 4 * i,
      }));
      const accumulators = places.map(() => writer.identity());
      writer.over(reduced, () =>
        places.forEach((place, i) =>
          f.scope(() =>
            writer.accumulate(accumulators[i]!, body.emit(bodyAt(place))[0]!)
          )
        ));
      places.forEach((place, i) => writer.finish(accumulators[i]!, place));
    });
  if (flat) {
    const mayOverrun = bodyLeaves.mayOverrun && resultLeaves.mayOverrun &&
      kernel.results.every(({ store }) => storeMayOverrun(store, length, context.buffers));
    writeUnits(f, nest, { axis, length, unroll, mayOverrun, share }, write);
    return;
  }
  const [outermost, ...others] = kept.slice(0, -1);
  const count = f.local("i32");
  f.get(share.end).get(share.begin).op("i32.sub").set(count);
  nest.along(
    outermost!,
    { times: { local: count }, step: 1 },
    () => writer.over(others, () => writeRow(nest, { axis, length, unroll }, write)),
  );
}

/** The vector that changes nothing when it is combined. */
function identityOf(v: Lanes, operator: ReduceOperator, type: ScalarType): Local {
  switch (operator) {
    case "add":
      return v.word(0);
    case "mul":
      return type === "f32" ? v.f32(1) : v.word(1);
    case "max":
      return type === "f32" ? v.f32(-Infinity) : v.word(type === "i32" ? -(2 ** 31) : 0);
    case "min":
      return type === "f32" ? v.f32(Infinity) : v.word(type === "i32" ? 2 ** 31 - 1 : -1);
  }
}
