/**
 * Arithmetic on vectors of four lanes, written as one writes it on paper: each method takes the
 * locals that hold its arguments and gives the local that holds the result. V8 removes the locals.
 *
 * @module
 */
import type { FunctionBody, Local, MemoryOpcode, PlainOpcode } from "./function_body.ts";

/**
 * How products are added: `fast` in one relaxed instruction, which rounds once where the processor
 * can and twice where not; `strict` in two instructions, with the same bits on every machine.
 */
export type Arithmetic = "fast" | "strict";

const floats = new Float32Array(1);
const floatWords = new Uint32Array(floats.buffer);
const doubles = new Float64Array(1);
const doubleWords = new Uint32Array(doubles.buffer);

/** Writes vector arithmetic into a function. */
export class Lanes {
  readonly f: FunctionBody;
  readonly arithmetic: Arithmetic;

  constructor(f: FunctionBody, arithmetic: Arithmetic) {
    this.f = f;
    this.arithmetic = arithmetic;
  }

  /** An instruction on vectors. */
  op(name: PlainOpcode, ...inputs: readonly Local[]): Local {
    for (const input of inputs) this.f.get(input);
    this.f.op(name);
    return this.keep();
  }

  /** Takes the vector on the stack into a local. */
  keep(): Local {
    const local = this.f.local("v128");
    this.f.set(local);
    return local;
  }

  /** `a · b + c` in four floats. */
  madd(a: Local, b: Local, c: Local): Local {
    return this.arithmetic === "fast"
      ? this.op("f32x4.relaxed_madd", a, b, c)
      : this.op("f32x4.add", this.op("f32x4.mul", a, b), c);
  }

  /** A polynomial in `x`, its coefficients from the highest power down. */
  polynomial(x: Local, coefficients: readonly number[]): Local {
    const [first, ...rest] = coefficients;
    return rest.reduce(
      (sum, coefficient) => this.madd(sum, x, this.f32(coefficient)),
      this.f32(first!),
    );
  }

  /** A polynomial in two 64-bit floats, its coefficients from the highest power down. */
  polynomial64(x: Local, coefficients: readonly number[]): Local {
    const [first, ...rest] = coefficients;
    return rest.reduce(
      (sum, coefficient) =>
        this.op("f64x2.add", this.op("f64x2.mul", sum, x), this.f64(coefficient)),
      this.f64(first!),
    );
  }

  /** `yes` where the mask's bits are set, else `no`. */
  select(mask: Local, yes: Local, no: Local): Local {
    return this.op("v128.bitselect", yes, no, mask);
  }

  /** A shift by a constant. */
  shift(
    name: `${"i32x4" | "i64x2"}.${"shl" | "shr_s" | "shr_u"}` & PlainOpcode,
    x: Local,
    by: number,
  ): Local {
    this.f.get(x).i32(by).op(name);
    return this.keep();
  }

  /** Four 32-bit lanes out of two vectors: 0-3 of the first, 4-7 of the second. */
  shuffle(a: Local, b: Local, ...lanes: readonly [number, number, number, number]): Local {
    this.f.get(a).get(b).shuffle(...lanes);
    return this.keep();
  }

  /** One 32-bit lane in all four. */
  spread(x: Local, lane: number): Local {
    return this.shuffle(x, x, lane, lane, lane, lane);
  }

  /** Loads from a pointer plus an offset, which may be negative. */
  load(name: MemoryOpcode & `v128.${string}`, pointer: Local, offset: number): Local {
    this.f.get(pointer);
    if (offset < 0) this.f.i32(offset).op("i32.add");
    this.f.memory(name, Math.max(0, offset));
    return this.keep();
  }

  /** Loads one 32-bit lane each from a pointer plus offsets. */
  gather(pointer: Local, offsets: readonly number[]): Local {
    const vector = this.load("v128.load32_zero", pointer, offsets[0]!);
    offsets.forEach((offset, lane) => {
      if (lane === 0) return;
      this.f.get(pointer);
      if (offset < 0) this.f.i32(offset).op("i32.add");
      this.f.get(vector).memoryLane("v128.load32_lane", Math.max(0, offset), lane).set(vector);
    });
    return vector;
  }

  /** Transposes four vectors of four 32-bit lanes. */
  transpose([a, b, c, d]: readonly Local[]): [Local, Local, Local, Local] {
    const lowAB = this.shuffle(a!, b!, 0, 4, 1, 5);
    const highAB = this.shuffle(a!, b!, 2, 6, 3, 7);
    const lowCD = this.shuffle(c!, d!, 0, 4, 1, 5);
    const highCD = this.shuffle(c!, d!, 2, 6, 3, 7);
    return [
      this.shuffle(lowAB, lowCD, 0, 1, 4, 5),
      this.shuffle(lowAB, lowCD, 2, 3, 6, 7),
      this.shuffle(highAB, highCD, 0, 1, 4, 5),
      this.shuffle(highAB, highCD, 2, 3, 6, 7),
    ];
  }

  /** The constant in four 32-bit floats. */
  f32(value: number): Local {
    floats[0] = value;
    return this.word(floatWords[0]!);
  }

  /** The constant in two 64-bit floats. */
  f64(value: number): Local {
    doubles[0] = value;
    return this.f.constant(doubleWords[0]!, doubleWords[1]!, doubleWords[0]!, doubleWords[1]!);
  }

  /** The constant in four 32-bit integers. */
  word(value: number): Local {
    const word = value >>> 0;
    return this.f.constant(word, word, word, word);
  }

  /** The constant in two 64-bit integers. */
  double(low: number, high: number): Local {
    return this.f.constant(low, high, low, high);
  }
}
