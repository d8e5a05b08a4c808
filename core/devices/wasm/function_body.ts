/**
 * The code of one WebAssembly function under construction. Instructions are methods and are written to
 * bytes at once; the methods give the body back, so that code reads in the order in which the stack
 * machine runs it: `f.get(a).get(b).op("i32.add").set(c)`.
 *
 * Source: WebAssembly core specification 3.0, chapter 5 (binary format); threads proposal for
 * shared memories.
 *
 * @module
 */
import { Bytes } from "./bytes.ts";
import {
  atomicOpcodes,
  bulkOpcodes,
  memoryLaneOpcodes,
  memoryOpcodes,
  plainOpcodes,
} from "./opcodes.ts";

/** Type of a local, a parameter or a result. */
export type ValueType = "i32" | "f64" | "v128";

/** An instruction without immediates. */
export type PlainOpcode = keyof typeof plainOpcodes;

/** An instruction that loads or stores. */
export type MemoryOpcode = keyof typeof memoryOpcodes;

/** An instruction on a range of memory. */
export type BulkOpcode = keyof typeof bulkOpcodes;

/** An atomic instruction on a 32-bit word of shared memory. */
export type AtomicOpcode = keyof typeof atomicOpcodes;

/** An instruction that loads or stores one lane. */
export type MemoryLaneOpcode = keyof typeof memoryLaneOpcodes;

/** Number of a local of one function. */
export type Local = number;

/** A place to branch to: the start of a loop, or the end of a block. */
export type Label = number;

/** Bytes that stand for types. */
export const valueTypes: Readonly<Record<ValueType, number>> = { i32: 0x7f, f64: 0x7c, v128: 0x7b };

/** What can be called: a function of the module, or one that it imports. */
export interface Callee {
  /** Number of the function in the module. */
  readonly index: number;
}

/** The body of one function: its locals and its instructions. */
export class FunctionBody {
  /** Number of the function, for `call`. */
  readonly index: number;
  /** Number of parameters: the locals from 0 on. */
  readonly parameterCount: number;
  readonly #locals: ValueType[] = [];
  /** Constants of four equal words by the word, others by all four. */
  readonly #constants = new Map<number | string, Local>();
  readonly #prologue = new Bytes(64);
  readonly #code = new Bytes();
  /** Locals of a type that no scope holds, the longest free first. */
  readonly #free = new Map<ValueType, Local[]>();
  #scope: { readonly type: ValueType; readonly local: Local }[] = [];
  #depth = 0;

  constructor(index: number, parameterCount: number) {
    this.index = index;
    this.parameterCount = parameterCount;
  }

  /** Makes a local. Parameters are the locals from 0 on. */
  local(type: ValueType): Local {
    const local = this.#free.get(type)?.shift() ?? this.#newLocal(type);
    this.#scope.push({ type, local });
    return local;
  }

  /** Runs `body`, and then lets the locals it made be used again. */
  scope<T>(body: () => T): T {
    const outer = this.#scope;
    this.#scope = [];
    const result = body();
    for (const { type, local } of this.#scope) {
      const free = this.#free.get(type);
      if (free === undefined) this.#free.set(type, [local]);
      else free.push(local);
    }
    this.#scope = outer;
    return result;
  }

  /**
   * A local that holds a constant vector from the function's start on. V8 makes a vector constant
   * anew wherever it stands, in four instructions, and moves none out of a loop.
   */
  constant(...words: readonly [number, number, number, number]): Local {
    const [a, b, c, d] = words;
    const key = a === b && b === c && c === d ? a : words.join();
    let local = this.#constants.get(key);
    if (local === undefined) {
      local = this.#newLocal("v128");
      this.#constants.set(key, local);
      writeVector(this.#prologue, words);
      this.#prologue.byte(0x21);
      this.#prologue.unsigned(local);
    }
    return local;
  }

  /** An instruction without immediates. */
  op(name: PlainOpcode): this {
    this.#opcode(plainOpcodes[name]);
    return this;
  }

  get(local: Local): this {
    return this.#indexed(0x20, local);
  }

  set(local: Local): this {
    return this.#indexed(0x21, local);
  }

  tee(local: Local): this {
    return this.#indexed(0x22, local);
  }

  call(callee: Callee): this {
    return this.#indexed(0x10, callee.index);
  }

  /** The constant in 32 bits, signed or unsigned. */
  i32(value: number): this {
    this.#code.byte(0x41);
    this.#code.signed(value);
    return this;
  }

  /** The constant in 64 bits, of an integer of 32 bits. */
  i64(value: number): this {
    this.#code.byte(0x42);
    this.#code.signed(value);
    return this;
  }

  /** A constant vector of four 32-bit words. */
  words(...words: readonly [number, number, number, number]): this {
    writeVector(this.#code, words);
    return this;
  }

  /** Loads or stores at the address on the stack plus `offset`. */
  memory(name: MemoryOpcode, offset: number): this {
    this.#opcode(memoryOpcodes[name]);
    this.#code.byte(0); // the alignment is a hint, and none is claimed
    this.#code.unsigned(offset);
    return this;
  }

  /** Copies or fills: address, address copied from or byte to fill with, and number of bytes are on the stack. */
  bulk(name: BulkOpcode): this {
    const { code, memories } = bulkOpcodes[name];
    this.#code.byte(0xfc);
    this.#code.byte(code);
    for (let i = 0; i < memories; i++) this.#code.byte(0);
    return this;
  }

  /** An atomic instruction on the aligned word at the address on the stack plus `offset`. */
  atomic(name: AtomicOpcode, offset: number): this {
    this.#code.byte(0xfe);
    this.#code.byte(atomicOpcodes[name]);
    this.#code.byte(2); // words must be aligned, and this says so
    this.#code.unsigned(offset);
    return this;
  }

  /** Loads into, or stores, one lane of the vector on the stack. */
  memoryLane(name: MemoryLaneOpcode, offset: number, lane: number): this {
    this.#opcode(memoryLaneOpcodes[name]);
    this.#code.byte(0);
    this.#code.unsigned(offset);
    this.#code.byte(lane);
    return this;
  }

  /** Chooses 16 bytes out of the two vectors on the stack. */
  shuffleBytes(bytes: readonly number[]): this {
    this.#opcode(0x100d);
    for (const byte of bytes) this.#code.byte(byte);
    return this;
  }

  /** Chooses four 32-bit lanes out of the two vectors on the stack: 0-3 of the first, 4-7 of the second. */
  shuffle(...lanes: readonly [number, number, number, number]): this {
    this.#opcode(0x100d);
    for (const lane of lanes) {
      for (let byte = 4 * lane; byte < 4 * lane + 4; byte++) this.#code.byte(byte);
    }
    return this;
  }

  /** Adds a constant to an i32 local. */
  advance(local: Local, distance: number): this {
    return distance === 0 ? this : this.get(local).i32(distance).op("i32.add").set(local);
  }

  /** A loop: `body` runs once, and again when it branches to the label. */
  loop(body: (start: Label) => void): this {
    return this.#structured(0x03, body);
  }

  /** A block that a branch to the label leaves. */
  block(body: (end: Label) => void): this {
    return this.#structured(0x02, body);
  }

  /** Runs `body` if the i32 on the stack is not zero, and `otherwise` if it is. */
  if(body: (end: Label) => void, otherwise?: (end: Label) => void): this {
    return this.#structured(
      0x04,
      otherwise === undefined ? body : (end) => {
        body(end);
        this.#code.byte(0x05);
        otherwise(end);
      },
    );
  }

  branch(label: Label): this {
    return this.#indexed(0x0c, this.#depth - label);
  }

  branchIf(label: Label): this {
    return this.#indexed(0x0d, this.#depth - label);
  }

  /**
   * Runs `body` a number of times, fixed or held in a local, which then counts down to 0. A local
   * must not be negative.
   */
  repeat(times: number | { readonly local: Local }, body: () => void): this {
    if (times === 0) return this;
    if (times === 1) {
      body();
      return this;
    }
    const counter = typeof times === "number" ? this.local("i32") : times.local;
    const whole = () =>
      this.loop((start) => {
        body();
        this.get(counter).i32(-1).op("i32.add").tee(counter).branchIf(start);
      });
    if (typeof times === "number") {
      this.i32(times).set(counter);
      return whole();
    }
    return this.get(counter).if(whole);
  }

  /** Writes the function as it stands in the code section. */
  encode(): Uint8Array {
    const locals = new Bytes(16 + 4 * this.#locals.length);
    const runs: [ValueType, number][] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.[0] === type) last[1]++;
      else runs.push([type, 1]);
    }
    locals.unsigned(runs.length);
    for (const [type, count] of runs) {
      locals.unsigned(count);
      locals.byte(valueTypes[type]);
    }
    const length = locals.length + this.#prologue.length + this.#code.length + 1;
    const whole = new Bytes(length + 8);
    whole.unsigned(length);
    whole.append(locals.written);
    whole.append(this.#prologue.written);
    whole.append(this.#code.written);
    whole.byte(0x0b);
    return whole.written;
  }

  #newLocal(type: ValueType): Local {
    return this.parameterCount + this.#locals.push(type) - 1;
  }

  #opcode(opcode: number): void {
    if (opcode < 0x1000) {
      this.#code.byte(opcode);
    } else {
      this.#code.byte(0xfd);
      this.#code.unsigned(opcode - 0x1000);
    }
  }

  #indexed(opcode: number, index: number): this {
    this.#code.byte(opcode);
    this.#code.unsigned(index);
    return this;
  }

  #structured(opcode: number, body: (label: Label) => void): this {
    this.#code.byte(opcode);
    this.#code.byte(0x40);
    this.#depth++;
    body(this.#depth);
    this.#depth--;
    this.#code.byte(0x0b);
    return this;
  }
}

function writeVector(bytes: Bytes, words: readonly number[]): void {
  bytes.byte(0xfd);
  bytes.byte(0x0c);
  for (const word of words) {
    for (let shift = 0; shift < 32; shift += 8) bytes.byte((word >>> shift) & 0xff);
  }
}
