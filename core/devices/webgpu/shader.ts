/**
 * The text of one shader: its bindings, the functions it calls, and its main function. Kernels write
 * the main function and ask here for loads and stores.
 *
 * @module
 */
import { scalar, type ScalarType } from "../../graph/mod.ts";
import { type Access, anchorReads, type Buffer, type Kernel } from "../../plan/mod.ts";
import { bindBuffers, type Binding, type Bound, type BoundBuffers } from "./bindings.ts";
import { calledFunctions } from "./functions.ts";
import { elementAt } from "./loops.ts";

/** Most workgroups along one axis of a dispatch. */
const mostGroups = 65535;

/** What shaders are written for. */
export interface ShaderContext {
  readonly buffers: readonly Buffer[];
  /** Most bindings of a shader. */
  readonly mostBindings: number;
  /** Bytes of memory that a workgroup has. */
  readonly workgroupBytes: number;
  /** So many neighbours at least, a power of 2, may read each other's numbers; 1 where none may. */
  readonly subgroupSize: number;
}

/** One shader with the memory it is bound to: a step of a command. */
export interface Dispatch {
  readonly code: string;
  readonly bindings: readonly Binding[];
  readonly workgroups: readonly [number, number];
}

/** What a main function is made of. */
export interface MainOptions {
  /** Invocations of a workgroup, at most 256. */
  readonly invocations: number;
  /** Number of workgroups. */
  readonly units: number;
  /** What stands outside of functions, and other functions. */
  readonly declarations?: readonly string[];
  /**
   * Statements, in which `unit` is the number of the workgroup and `lane` that of the invocation in it.
   */
  readonly body: readonly string[];
}

/** Writes one shader over the buffers of a kernel. */
export class Shader {
  /** What it is written for. */
  readonly context: ShaderContext;
  readonly #bound: BoundBuffers;
  readonly #scratch: Binding[] = [];

  /**
   * @param scratch Whether a dispatch may leave numbers for another one: it takes a binding.
   * @param fours What is read or written four at a time. A buffer is written either so or one by one.
   */
  constructor(
    readonly kernel: Kernel,
    { context, scratch = false, fours = [] }: {
      readonly context: ShaderContext;
      readonly scratch?: boolean;
      readonly fours?: readonly Access[];
    },
  ) {
    this.context = context;
    const most = context.mostBindings - (scratch ? 1 : 0);
    const { buffers } = context;
    this.#bound = bindBuffers({ ...accessesOf(kernel), fours }, { buffers, most });
  }

  /** The element of an access at a place of what it walks. */
  load(access: Access, coordinates: readonly string[]): string {
    return this.#element(access, this.#at(access, coordinates));
  }

  /**
   * The four elements of an access from a place on, along an axis of which it walks neighbours. The
   * first one's number is a multiple of 4: see `isInFours`.
   */
  loadFour(access: Access, coordinates: readonly string[]): string {
    const at = this.#at(access, coordinates);
    const { name, type, stored, index } = at;
    const scalar = scalarTypeOf(access.dtype);
    if (type === "u32" && stored === "u8") return `unpack4xU8(${name}[(${index}) / 4u])`;
    if (type.startsWith("vec4")) {
      const four = `${name}[(${index}) / 4u]`;
      return type === `vec4<${scalar}>` ? four : `vec4<${scalar}>(${four})`;
    }
    const each = [0, 1, 2, 3].map((i) =>
      this.#element(access, { ...at, index: i === 0 ? index : `${index} + ${i}u` })
    );
    return `vec4<${scalar}>(${each.join(", ")})`;
  }

  /** A statement that stores a number at a place of what an access walks. */
  store(access: Access, coordinates: readonly string[], value: string): string {
    const { name, type, stored, index } = this.#at(access, coordinates);
    if (type === stored) return `${name}[${index}] = ${type === "f16" ? `f16(${value})` : value};`;
    if (stored === "u8" || stored === "f16") {
      // neighbours in a word may be stored by others at the same time, each its own bits
      const [each, bits, mask] = stored === "u8" ? [4, 8, 255] : [2, 16, 65535];
      const word = `${name}[(${index}) / ${each}u]`;
      const shift = `(((${index}) % ${each}u) * ${bits}u)`;
      const part = stored === "u8"
        ? `(${value} & 255u)`
        : `pack2x16float(vec2<f32>(${value}, 0.0))`;
      return `atomicAnd(&${word}, ~(${mask}u << ${shift})); ` +
        `atomicOr(&${word}, ${part} << ${shift});`;
    }
    const word = stored === "u32" ? value : `bitcast<u32>(${value})`;
    return type === "atomic<u32>"
      ? `atomicStore(&${name}[${index}], ${word});`
      : `${name}[${index}] = ${word};`;
  }

  /** A statement that stores four numbers from a place on, as `loadFour` reads them. */
  storeFour(
    access: Access,
    coordinates: readonly string[],
    values: readonly string[],
  ): string {
    const { name, type, stored, index } = this.#at(access, coordinates);
    const four = `vec4<${scalarTypeOf(access.dtype)}>(${values.join(", ")})`;
    if (type === "u32" && stored === "u8") return `${name}[(${index}) / 4u] = pack4xU8(${four});`;
    if (type.startsWith("vec4")) {
      return `${name}[(${index}) / 4u] = ${type === "vec4<f16>" ? `vec4<f16>(${four})` : four};`;
    }
    if (type === "u32" && stored === "f16") {
      const pairs = [[0, 1], [2, 3]].map(([a, b]) => `vec2<f32>(${values[a!]}, ${values[b!]})`);
      const word = `(${index}) / 2u`;
      return `${name}[${word}] = pack2x16float(${pairs[0]}); ` +
        `${name}[${word} + 1u] = pack2x16float(${pairs[1]});`;
    }
    return values.map((value, i) =>
      this.store({ ...access, offset: access.offset + i }, coordinates, value)
    ).join(" ");
  }

  /** An array of so many elements that stays until the command's last dispatch; gives its name. */
  scratch(length: number, type: Exclude<ScalarType, "bool"> | "vec4<f32>"): string {
    const bytes = type === "vec4<f32>" ? 16 : 4;
    this.#scratch.push({ memory: "scratch", type, byteOffset: 0, byteLength: bytes * length });
    return `scratch${this.#scratch.length - 1}`;
  }

  /** The shader. */
  dispatch({ invocations, units, declarations = [], body }: MainOptions): Dispatch {
    const across = Math.min(units, mostGroups);
    const down = Math.ceil(units / mostGroups);
    const unit = down === 1 ? "group.x" : `group.x + group.y * ${across}u`;
    const main = [
      ...declarations,
      `@compute @workgroup_size(${invocations})`,
      "fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {",
      `let unit = ${unit};`,
      // dispatches are flat, which the compiler does not know
      ...([...declarations, ...body].some((text) => text.includes("exactly("))
        ? ["zero_bits = group.z;"]
        : []),
      ...body,
      "}",
    ].join("\n");
    // bindings that the text does not name have no place in the pipeline's layout
    const all = [
      ...this.#bound.bindings.map((binding, i) => ({ binding, name: `memory${i}` })),
      ...this.#scratch.map((binding, i) => ({ binding, name: `scratch${i}` })),
    ].filter(({ name }) => main.includes(`${name}[`));
    const bound = all.map(({ binding: { type }, name }, i) =>
      `@group(0) @binding(${i}) var<storage, read_write> ${name}: array<${type}>;`
    );
    const needsHalf = all.some(({ binding: { type } }) => type.includes("f16"));
    return {
      code: [
        ...(needsHalf ? ["enable f16;"] : []),
        ...bound,
        calledFunctions(main),
        main,
      ].join("\n"),
      bindings: all.map(({ binding }) => binding),
      workgroups: [across, down],
    };
  }

  #element(access: Access, { name, type, stored, index }: Located): string {
    if (type.startsWith("vec4")) {
      const element = `${name}[(${index}) / 4u][(${index}) % 4u]`;
      return stored === "f16" ? `f32(${element})` : element;
    }
    if (type === stored) return type === "f16" ? `f32(${name}[${index}])` : `${name}[${index}]`;
    const word = (at: string) =>
      type === "atomic<u32>" ? `atomicLoad(&${name}[${at}])` : `${name}[${at}]`;
    switch (stored) {
      case "u8":
        return `((${word(`(${index}) / 4u`)} >> (((${index}) % 4u) * 8u)) & 255u)`;
      case "f16":
        return `unpack2x16float(${word(`(${index}) / 2u`)})[(${index}) % 2u]`;
      case "u32":
        return word(index);
      default:
        return `bitcast<${access.dtype}>(${word(index)})`;
    }
  }

  #at(access: Access, coordinates: readonly string[]): Located {
    const { binding, type, stored, base } = this.#bound.byBuffer.get(access.buffer)!;
    const element = elementAt(access, coordinates);
    return {
      name: `memory${binding}`,
      type,
      stored,
      index: base === 0 ? element : `${element} + ${base}u`,
    };
  }
}

/** An element of a binding. */
interface Located extends Pick<Bound, "type" | "stored"> {
  readonly name: string;
  readonly index: string;
}

/**
 * Whether an access walks its last axis element by element, and begins each walk of it at a multiple
 * of 4: then four of them are one vector.
 */
export function isInFours({ offset, strides }: Pick<Access, "offset" | "strides">): boolean {
  return strides.at(-1) === 1 && offset % 4 === 0 &&
    strides.slice(0, -1).every((stride) => stride % 4 === 0);
}

function scalarTypeOf(dtype: Access["dtype"]): "f32" | "i32" | "u32" {
  return scalar.scalarTypeOf(dtype) as "f32" | "i32" | "u32";
}

/** What a kernel reads and writes. */
function accessesOf({ anchor, loads, results }: Kernel): {
  readonly reads: readonly Access[];
  readonly writes: readonly Access[];
} {
  return {
    reads: [...loads, ...anchorReads(anchor).map(({ access }) => access)],
    writes: results.map(({ store }) => store),
  };
}
