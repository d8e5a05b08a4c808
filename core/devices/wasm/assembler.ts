/**
 * A WebAssembly assembler: it writes the binary format of modules, and knows nothing of plans.
 * `function_body.ts` writes the code of their functions.
 *
 * Source: WebAssembly core specification 3.0, chapter 5 (binary format); threads proposal for
 * shared memories.
 *
 * @module
 */
import { Bytes } from "./bytes.ts";
import { type Callee, FunctionBody, type ValueType, valueTypes } from "./function_body.ts";

/** Parameters and results of a function. */
interface FunctionType {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A module under construction: it imports one shared memory as `"env"."memory"`. */
export class ModuleAssembler {
  readonly #imports: { readonly name: string; readonly type: number }[] = [];
  readonly #functions: { readonly body: FunctionBody; readonly type: number }[] = [];
  readonly #types: FunctionType[] = [];
  readonly #exports: { readonly name: string; readonly body: FunctionBody }[] = [];
  readonly #shared = new Map<string, FunctionBody>();

  /**
   * Imports a function without parameters that gives an f64, as `"env".name`. Imports are numbered
   * before the module's own functions: they must come first.
   */
  import(name: string): Callee {
    if (this.#functions.length > 0) throw new TypeError("Cannot import after a function is made");
    const type = this.#typeNumber({ parameters: [], results: ["f64"] });
    return { index: this.#imports.push({ name, type }) - 1 };
  }

  /** Makes a function without results whose parameters are all i32: the locals from 0 on. */
  function(parameterCount: number, write: (f: FunctionBody) => void): FunctionBody {
    const body = this.declare(parameterCount);
    write(body);
    return body;
  }

  /** Makes a function that can be called, and is to be written before the module is encoded. */
  declare(parameterCount: number): FunctionBody {
    const type = this.#typeNumber({ parameters: Array(parameterCount).fill("i32"), results: [] });
    const body = new FunctionBody(this.#imports.length + this.#functions.length, parameterCount);
    this.#functions.push({ body, type });
    return body;
  }

  /** The function that was made under a key, made now if there is none. */
  shared(key: string, make: () => FunctionBody): FunctionBody {
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#shared.set(key, made);
    return made;
  }

  /** Exports a function. */
  export(name: string, body: FunctionBody): void {
    this.#exports.push({ name, body });
  }

  /** Writes the module. Its memory must have at least `memoryPages` pages of 64 KiB. */
  encode(memoryPages: number, maximumPages: number): Uint8Array<ArrayBuffer> {
    const module = new Bytes(4096);
    module.append(new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]));
    const section = (id: number, count: number, write: (bytes: Bytes) => void) => {
      const bytes = new Bytes();
      bytes.unsigned(count);
      write(bytes);
      module.byte(id);
      module.unsigned(bytes.length);
      module.append(bytes.written);
    };
    section(1, this.#types.length, (bytes) => {
      for (const { parameters, results } of this.#types) {
        bytes.byte(0x60);
        for (const types of [parameters, results]) {
          bytes.unsigned(types.length);
          for (const type of types) bytes.byte(valueTypes[type]);
        }
      }
    });
    section(2, 1 + this.#imports.length, (bytes) => {
      bytes.name("env");
      bytes.name("memory");
      bytes.byte(0x02);
      bytes.byte(0x03); // with a maximum, shared
      bytes.unsigned(memoryPages);
      bytes.unsigned(maximumPages);
      for (const { name, type } of this.#imports) {
        bytes.name("env");
        bytes.name(name);
        bytes.byte(0x00);
        bytes.unsigned(type);
      }
    });
    section(3, this.#functions.length, (bytes) => {
      for (const { type } of this.#functions) bytes.unsigned(type);
    });
    section(7, this.#exports.length, (bytes) => {
      for (const { name, body } of this.#exports) {
        bytes.name(name);
        bytes.byte(0x00);
        bytes.unsigned(body.index);
      }
    });
    section(10, this.#functions.length, (bytes) => {
      for (const { body } of this.#functions) bytes.append(body.encode());
    });
    return module.written;
  }

  #typeNumber(type: FunctionType): number {
    const key = JSON.stringify(type);
    const known = this.#types.findIndex((other) => JSON.stringify(other) === key);
    return known >= 0 ? known : this.#types.push(type) - 1;
  }
}
