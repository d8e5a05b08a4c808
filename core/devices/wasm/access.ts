/**
 * Loads and stores of four lanes, or of lane 0 alone, along the streams of a nest.
 *
 * @module
 */
import { type DType, elementBytes, type Shape } from "../../tensor/mod.ts";
import { type Scalar, scalar } from "../../graph/mod.ts";
import type { Access, Buffer } from "../../plan/mod.ts";
import type { Local } from "./function_body.ts";
import type { Leaves, Level } from "./expression.ts";
import type { Lanes } from "./lanes.ts";
import {
  indexSource,
  levelOf,
  type Nest,
  positionSource,
  type Source,
  type Stream,
} from "./nest.ts";

/** Which places a piece of code is for: `lanes` of them, `at` places from where the walkers are. */
export interface Places {
  /** Four, or one in a row's tail, which runs the same code for the sake of lane 0. */
  readonly lanes: 1 | 4;
  readonly at: number;
}

/** An access of a plan as a source of loops. */
export function sourceOf(access: Access, buffers: readonly Buffer[]): Source {
  const bytes = elementBytes(access.dtype);
  return {
    base: buffers[access.buffer]!.byteOffset + access.offset * bytes,
    elementBytes: bytes,
    strides: access.strides,
  };
}

/** A leaf that loops must walk along: a load, or a number of the place (without dtype). */
interface WalkedLeaf {
  readonly key: string;
  readonly source: Source;
  readonly dtype: DType | null;
}

/** Finds the leaves of expressions over a shape that loops must walk along. */
export function walkedLeaves(
  roots: readonly Scalar[],
  shape: Shape,
  { loads, buffers }: { readonly loads: readonly Access[]; readonly buffers: readonly Buffer[] },
): WalkedLeaf[] {
  const found = new Map<string, WalkedLeaf>();
  const seen = new Set<Scalar>();
  const visit = (expression: Scalar): void => {
    if (seen.has(expression)) return;
    seen.add(expression);
    scalar.partsOf(expression).forEach(visit);
    const key = keyOf(expression);
    if (expression.kind === "load") {
      const access = loads[expression.operand]!;
      found.set(key, { key, source: sourceOf(access, buffers), dtype: access.dtype });
    } else if (expression.kind === "position") {
      found.set(key, { key, source: positionSource(shape), dtype: null });
    } else if (expression.kind === "index") {
      found.set(key, { key, source: indexSource(shape, expression.axis), dtype: null });
    }
  };
  roots.forEach(visit);
  return [...found.values()];
}

function keyOf(leaf: Scalar): string {
  switch (leaf.kind) {
    case "load":
      return `load ${leaf.operand}`;
    case "index":
      return `index ${leaf.axis}`;
    default:
      return leaf.kind;
  }
}

/** Leaves with the streams that loops made of their sources. An anchor is known in the inner loop. */
export class StreamLeaves implements Leaves {
  readonly #byKey: ReadonlyMap<string, { readonly dtype: DType | null; readonly stream: Stream }>;
  readonly #levelOf: (stream: Stream) => Level;

  /** @param level The level of a stream, if the inner loop is not along the last axis. */
  constructor(
    leaves: readonly WalkedLeaf[],
    streams: readonly Stream[],
    level: (stream: Stream) => Level = levelOf,
  ) {
    this.#byKey = new Map(
      leaves.map(({ key, dtype }, i) => [key, { dtype, stream: streams[i]! }]),
    );
    this.#levelOf = level;
  }

  level(leaf: Scalar): Level {
    return leaf.kind === "anchor" ? 2 : this.#levelOf(this.#byKey.get(keyOf(leaf))!.stream);
  }

  isBelow2To31(leaf: Scalar): boolean {
    if (leaf.kind === "anchor") return false;
    const { dtype } = this.#byKey.get(keyOf(leaf))!;
    return dtype === null || dtype === "u8";
  }

  /** Whether reading a few elements beyond the end of a row stays close to the row. */
  get mayOverrun(): boolean {
    return [...this.#byKey.values()].every(({ dtype, stream }) => {
      const distance = stream.distances.at(-1)!;
      return dtype === null || distance === 0 || distance === stream.elementBytes;
    });
  }

  /** Writes the load of a leaf's lanes at some places. */
  load(leaf: Scalar, v: Lanes, nest: Nest, places: Places): Local {
    const { dtype, stream } = this.#byKey.get(keyOf(leaf))!;
    if (dtype === null) return loadNumbers(v, nest, stream, places);
    return dtype === "u8" ? loadBytes(v, nest, stream, places) : loadWords(v, nest, stream, places);
  }
}

function loadNumbers(v: Lanes, nest: Nest, stream: Stream, { at }: Places): Local {
  const step = stream.distances.at(-1)!;
  const further = nest.address(stream, 0);
  if (further !== 0) v.f.i32(further).op("i32.add");
  v.f.op("i32x4.splat");
  const first = v.keep();
  if (step === 0) return first;
  const numbers = [0, 1, 2, 3].map((lane) => (at + lane) * step >>> 0);
  return v.op("i32x4.add", first, v.f.constant(numbers[0]!, numbers[1]!, numbers[2]!, numbers[3]!));
}

function loadWords(v: Lanes, nest: Nest, stream: Stream, { lanes, at }: Places): Local {
  const distance = stream.distances.at(-1)!;
  const f = v.f;
  const offset = nest.address(stream, at * distance);
  if (distance === 0) f.memory("v128.load32_splat", offset);
  else if (lanes === 1) f.memory("v128.load32_zero", offset);
  else if (distance === 4) f.memory("v128.load", offset);
  else {
    f.memory("v128.load32_zero", offset);
    const value = f.local("v128");
    f.set(value);
    for (let lane = 1; lane < 4; lane++) {
      const laneOffset = nest.address(stream, (at + lane) * distance);
      f.get(value).memoryLane("v128.load32_lane", laneOffset, lane).set(value);
    }
    return value;
  }
  return v.keep();
}

function loadBytes(v: Lanes, nest: Nest, stream: Stream, { lanes, at }: Places): Local {
  const distance = stream.distances.at(-1)!;
  const f = v.f;
  if (distance === 0 || lanes === 1) {
    const offset = nest.address(stream, at * distance);
    f.memory("i32.load8_u", offset).op("i32x4.splat");
    return v.keep();
  }
  if (distance === 1) {
    const offset = nest.address(stream, at);
    f.memory("v128.load32_zero", offset);
    f.op("i16x8.extend_low_i8x16_u").op("i32x4.extend_low_i16x8_u");
    return v.keep();
  }
  const value = f.local("v128");
  f.get(v.word(0)).set(value);
  for (let lane = 0; lane < 4; lane++) {
    const offset = nest.address(stream, (at + lane) * distance);
    f.get(value).memoryLane("v128.load8_lane", offset, 4 * lane).set(value);
  }
  return value;
}

/** Writes the store of a vector's lanes at some places. Bytes are stored modulo 256. */
export function store(
  value: Local,
  dtype: DType,
  { v, nest, stream, places: { lanes, at } }: {
    readonly v: Lanes;
    readonly nest: Nest;
    readonly stream: Stream;
    readonly places: Places;
  },
): void {
  const offset = nest.address(stream, at * stream.distances.at(-1)!);
  v.f.get(value);
  if (dtype === "u8") {
    if (lanes === 1) {
      v.f.memoryLane("v128.store8_lane", offset, 0);
      return;
    }
    v.f.get(value).shuffleBytes([0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    v.f.memoryLane("v128.store32_lane", offset, 0);
  } else if (lanes === 1) {
    v.f.memoryLane("v128.store32_lane", offset, 0);
  } else {
    v.f.memory("v128.store", offset);
  }
}
