/**
 * Walks along rows of places, four lanes at a time where four are left.
 *
 * @module
 */
import { elementBytes } from "../../tensor/mod.ts";
import type { Access, Buffer } from "../../plan/mod.ts";
import type { FunctionBody, Local } from "./function_body.ts";
import type { Nest } from "./nest.ts";
import type { Share } from "./program.ts";

/** Places of a unit of a flat loop: a cache line of 32-bit elements, so that threads share none. */
export const unitPlaces = 16;

/**
 * Writes the code for `vectors` times four places, or for one place (`vectors` = 0), beginning `at`
 * places from where the walkers are.
 */
export type WritePlaces = (vectors: number, at: number) => void;

/** Bytes to which buffers are padded. */
const padding = 64;

/** Writes a whole row of `length` places along an axis, and goes back to its start. */
export function writeRow(
  nest: Nest,
  { axis, length, unroll }: {
    readonly axis: number;
    readonly length: number;
    readonly unroll: number;
  },
  write: WritePlaces,
): void {
  const vectors = length >> 2;
  nest.along(
    axis,
    { times: Math.floor(vectors / unroll), step: 4 * unroll },
    () => write(unroll, 0),
  );
  const rest = vectors % unroll;
  if (rest > 0) write(rest, 0);
  for (let i = 0; i < (length & 3); i++) write(0, 4 * rest + i);
  nest.move(axis, -4 * unroll * Math.floor(vectors / unroll));
}

/**
 * Writes a share of a row of `length` places along axis 0, in units of 16 places. `mayOverrun`
 * allows the last unit to go on to its end.
 */
export function writeUnits(
  f: FunctionBody,
  nest: Nest,
  { axis, length, unroll, mayOverrun, share }: {
    readonly axis: number;
    readonly length: number;
    readonly unroll: number;
    readonly mayOverrun: boolean;
    readonly share: Share;
  },
  write: WritePlaces,
): void {
  const whole = mayOverrun ? Math.ceil(length / unitPlaces) : Math.floor(length / unitPlaces);
  const rest = mayOverrun ? 0 : length % unitPlaces;
  const count = f.local("i32");
  f.get(share.end);
  if (rest > 0) {
    // the last unit is not whole
    f.get(share.end).i32(whole).op("i32.gt_u").op("i32.sub");
  }
  f.get(share.begin).op("i32.sub").set(count);
  f.get(share.begin).get(share.end).op("i32.lt_u").if(() => {
    if (whole > 0) {
      f.repeat({ local: count }, () => {
        const times = unitPlaces / 4 / unroll;
        nest.along(axis, { times, step: 4 * unroll }, () => write(unroll, 0));
      });
    }
    if (rest > 0) {
      f.get(share.end).i32(whole).op("i32.gt_u").if(() =>
        writeRow(nest, { axis, length: rest, unroll }, write)
      );
    }
  });
}

/** Whether the store of a row may go on to the end of its last unit: only padding lies there. */
export function storeMayOverrun(
  store: Access,
  length: number,
  buffers: readonly Buffer[],
): boolean {
  const buffer = buffers[store.buffer]!;
  const bytes = elementBytes(store.dtype);
  const padded = Math.ceil(buffer.length * bytes / padding) * padding;
  return store.offset + length === buffer.length &&
    (store.offset + Math.ceil(length / unitPlaces) * unitPlaces) * bytes <= padded;
}

/** The place at which a share of units of 16 places begins. */
export function firstPlace(f: FunctionBody, share: Share): Local {
  const first = f.local("i32");
  f.get(share.begin).i32(unitPlaces).op("i32.mul").set(first);
  return first;
}
