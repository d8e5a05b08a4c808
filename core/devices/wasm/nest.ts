/**
 * Nested loops over a shape. All that the loops walk along (loads, stores, and the numbers of places
 * that expressions read) is a *stream*: a first address and a distance per axis. Axes that every
 * stream walks as one are merged; streams with the same distances share one counter, so that a flat
 * loop over any number of buffers has a single one.
 *
 * @module
 */
import { rowMajorStrides, type Shape } from "../../tensor/mod.ts";
import type { FunctionBody, Local } from "./function_body.ts";
import type { Level } from "./expression.ts";

/** What loops can walk along. */
export interface Source {
  /** Address of the first element. */
  readonly base: number;
  readonly elementBytes: number;
  /** Elements between neighbours along each axis of the shape. */
  readonly strides: readonly number[];
}

/** A source on the merged axes. */
export interface Stream {
  readonly base: number;
  readonly elementBytes: number;
  /** Bytes between neighbours along each merged axis. */
  readonly distances: readonly number[];
}

/** A merged axis. */
export interface Axis {
  readonly size: number;
  /** Whether a reduction runs along it. */
  readonly reduced: boolean;
}

/** Merged loops over a shape. */
export interface Loops {
  readonly axes: readonly Axis[];
  /** One for each source, in order. */
  readonly streams: readonly Stream[];
}

/** The numbers of places, as a source: its strides are those of the row-major order. */
export function positionSource(shape: Shape): Source {
  return { base: 0, elementBytes: 1, strides: rowMajorStrides(shape) };
}

/** The coordinates along an axis, as a source. */
export function indexSource(shape: Shape, axis: number): Source {
  return { base: 0, elementBytes: 1, strides: shape.map((_, i) => (i === axis ? 1 : 0)) };
}

/**
 * Merges the axes of a shape as far as the sources allow; at least one is left. `keepLast` leaves the
 * last one alone, and at least one before it.
 */
export function mergeAxes(
  shape: Shape,
  sources: readonly Source[],
  { reduced = [], keepLast = false }: {
    readonly reduced?: readonly number[];
    readonly keepLast?: boolean;
  } = {},
): Loops {
  const axes: Axis[] = [];
  const distances: number[][] = sources.map(() => []);
  shape.forEach((size, i) => {
    const alone = keepLast && i === shape.length - 1;
    if (size === 1 && !alone) return;
    const axis = { size, reduced: reduced.includes(i) };
    const step = sources.map((source) => source.strides[i]! * source.elementBytes);
    const last = axes.at(-1);
    const merges = !alone && last !== undefined && last.reduced === axis.reduced &&
      distances.every((distance, s) => distance.at(-1) === step[s]! * size);
    if (merges) axes[axes.length - 1] = { size: last.size * size, reduced: axis.reduced };
    else axes.push(axis);
    distances.forEach((distance, s) => {
      if (merges) distance[distance.length - 1] = step[s]!;
      else distance.push(step[s]!);
    });
  });
  while (axes.length < (keepLast ? 2 : 1)) {
    axes.unshift({ size: 1, reduced: false });
    for (const distance of distances) distance.unshift(0);
  }
  return {
    axes,
    streams: sources.map(({ base, elementBytes }, s) => ({
      base,
      elementBytes,
      distances: distances[s]!,
    })),
  };
}

/** The outermost level at which a stream's element is known, when the last axis is the inner loop. */
export function levelOf(stream: Stream): Level {
  if (stream.distances.every((distance) => distance === 0)) return 0;
  return stream.distances.at(-1) === 0 ? 1 : 2;
}

/** A counter of bytes that streams with the same distances share. */
interface Walker {
  readonly local: Local;
  readonly distances: readonly number[];
  /** Where it starts: 0, or the address itself for streams that walk backwards. */
  readonly base: number;
}

/** Writes loops into a function and keeps the walkers in step with them. */
export class Nest {
  readonly #f: FunctionBody;
  readonly #walkers: Walker[] = [];
  readonly #byStream = new Map<Stream, Walker>();

  /** @param first The place on an axis at which the loops begin. */
  constructor(
    f: FunctionBody,
    streams: readonly Stream[],
    first: { readonly axis: number; readonly place: Local },
  ) {
    this.#f = f;
    for (const stream of streams) {
      const { distances } = stream;
      if (distances.every((distance) => distance === 0)) continue;
      // an address may not be below 0 before its offset is added, so a walker that falls holds it all
      const base = distances.some((distance) => distance < 0) ? stream.base : 0;
      let walker = this.#walkers.find((known) =>
        known.base === base && known.distances.every((distance, i) => distance === distances[i])
      );
      if (walker === undefined) {
        walker = { local: f.local("i32"), distances, base };
        this.#walkers.push(walker);
        f.get(first.place).i32(distances[first.axis]!).op("i32.mul");
        if (base !== 0) f.i32(base).op("i32.add");
        f.set(walker.local);
      }
      this.#byStream.set(stream, walker);
    }
  }

  /**
   * Puts a stream's address, or for numbers of places the number, on the stack.
   *
   * @param bytes Further bytes along the stream.
   * @returns The offset to give to the instruction that uses the address.
   */
  address(stream: Stream, bytes: number): number {
    const walker = this.#byStream.get(stream);
    if (walker === undefined) {
      this.#f.i32(stream.base + bytes);
      return 0;
    }
    this.#f.get(walker.local);
    if (walker.base === 0) return stream.base + bytes;
    if (bytes !== 0) this.#f.i32(bytes).op("i32.add");
    return 0;
  }

  /** Repeats `body`, moving `step` places along an axis after each run. */
  along(
    axis: number,
    { times, step }: { readonly times: number | { readonly local: Local }; readonly step: number },
    body: () => void,
  ): void {
    this.#f.repeat(times, () => {
      body();
      this.move(axis, step);
    });
  }

  /** Moves along an axis. */
  move(axis: number, places: number): void {
    for (const { local, distances } of this.#walkers) {
      this.#f.advance(local, places * distances[axis]!);
    }
  }
}
