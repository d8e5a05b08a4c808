/**
 * The text of one shader: its bindings, the functions it calls, and its main function. Kernels write
 * the main function and ask here for loads and stores.
 *
 * @module
 */
import type { ScalarType } from "../../graph/mod.ts";
import type { Access, Anchor, Buffer, Kernel } from "../../plan/mod.ts";
import { bindBuffers, type Binding, type BindingType, type BoundBuffers } from "./bindings.ts";
import { calledFunctions } from "./functions.ts";
import { elementAt } from "./loops.ts";

/** Most workgroups along one axis of a dispatch. */
const mostGroups = 65535;

/** What shaders are written for. */
export interface ShaderContext {
  readonly buffers: readonly Buffer[];
  /** Most bindings of a shader. */
  readonly mostBindings: number;
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
  readonly #bound: BoundBuffers;
  readonly #scratch: Binding[] = [];

  /** @param scratch Whether a dispatch may leave numbers for another one: it takes a binding. */
  constructor(
    readonly kernel: Kernel,
    { context, scratch = false }: { readonly context: ShaderContext; readonly scratch?: boolean },
  ) {
    const most = context.mostBindings - (scratch ? 1 : 0);
    this.#bound = bindBuffers(accessesOf(kernel), { buffers: context.buffers, most });
  }

  /** The element of an access at a place of what it walks. */
  load(access: Access, coordinates: readonly string[]): string {
    const { name, type, index } = this.#at(access, elementAt(access, coordinates));
    const word = (at: string) =>
      type === "atomic<u32>" ? `atomicLoad(&${name}[${at}])` : `${name}[${at}]`;
    if (access.dtype === "u8") {
      return `((${word(`(${index}) / 4u`)} >> (((${index}) % 4u) * 8u)) & 255u)`;
    }
    return type === access.dtype ? word(index) : `bitcast<${access.dtype}>(${word(index)})`;
  }

  /** A statement that stores a number at a place of what an access walks. */
  store(access: Access, coordinates: readonly string[], value: string): string {
    const { name, type, index } = this.#at(access, elementAt(access, coordinates));
    if (access.dtype === "u8") {
      // neighbours in a word may be stored by others at the same time, each its own bits
      const [word, bits] = [`${name}[(${index}) / 4u]`, `(((${index}) % 4u) * 8u)`];
      return `atomicAnd(&${word}, ~(255u << ${bits})); ` +
        `atomicOr(&${word}, (${value} & 255u) << ${bits});`;
    }
    const words = type === access.dtype ? value : `bitcast<u32>(${value})`;
    return type === "atomic<u32>"
      ? `atomicStore(&${name}[${index}], ${words});`
      : `${name}[${index}] = ${words};`;
  }

  /** An array of so many numbers that stays until the command's last dispatch; gives its name. */
  scratch(length: number, type: Exclude<ScalarType, "bool">): string {
    this.#scratch.push({ memory: "scratch", type, byteOffset: 0, byteLength: 4 * length });
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
    return {
      code: [...bound, calledFunctions(main), main].join("\n"),
      bindings: all.map(({ binding }) => binding),
      workgroups: [across, down],
    };
  }

  #at(
    access: Access,
    element: string,
  ): { readonly name: string; readonly type: BindingType; readonly index: string } {
    const { binding, type, base } = this.#bound.byBuffer.get(access.buffer)!;
    return {
      name: `memory${binding}`,
      type,
      index: base === 0 ? element : `${element} + ${base}u`,
    };
  }
}

/** What a kernel reads and writes. */
function accessesOf({ anchor, loads, results }: Kernel): {
  readonly reads: readonly Access[];
  readonly writes: readonly Access[];
} {
  return {
    reads: [...loads, ...anchorReads(anchor)],
    writes: results.map(({ store }) => store),
  };
}

function anchorReads(anchor: Anchor | null): readonly Access[] {
  if (anchor === null) return [];
  return anchor.kind === "reduce" ? anchor.loads : anchor.operands.map(({ access }) => access);
}
