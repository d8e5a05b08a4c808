/**
 * Kernels -> addresses: every value that is in memory gets a buffer at a fixed place. Variables lie
 * where the run's layout puts them; inputs, outputs and gradients lie side by side; in the workspace,
 * buffers whose lives do not overlap share addresses. An update of a variable is written in place
 * when nothing reads the old contents afterwards; an output that is a variable is copied beforehand.
 *
 * @module
 */
import { type Shape, sizeOf } from "../tensor/mod.ts";
import { type Graph, type Scalar, scalar, type Value } from "../graph/mod.ts";
import { anchorLoads, type FusedKernel, type FusedResult } from "./cluster.ts";
import type { Fused } from "./fuse.ts";
import { joinInPlace, type Part } from "./joins.ts";
import { paddedBytes, storageOf } from "./layout.ts";
import { halfValues, type Precision } from "./precision.ts";
import type { Target } from "./target.ts";
import type {
  Access,
  Anchor,
  Buffer,
  Kernel,
  Operand,
  Port,
  Region,
  VariableLayout,
} from "./types.ts";
import { isWhole, type Load, rowMajorView } from "./views.ts";
import { packWorkspace, readsInPlace } from "./workspace.ts";

/** A kernel over buffers, with the fused kernel it was made of; copies at the end have none. */
export interface PlacedKernel {
  readonly kernel: Kernel;
  readonly from: FusedKernel | null;
}

/** What assigning memory gives. */
export interface Memory {
  readonly buffers: readonly Buffer[];
  readonly kernels: readonly PlacedKernel[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly bytes: number;
  readonly regionBytes: Readonly<Record<Region, number>>;
  /** Bytes of workspace that values stored in 16 bits save. */
  readonly savedBytes: number;
}

/** Gives every stored value its place. */
export function assignMemory(
  graph: Graph,
  { fused, target, variables, precision }: {
    readonly fused: Fused;
    readonly target: Target;
    readonly variables: VariableLayout;
    readonly precision: Precision;
  },
): Memory {
  const allocator = new Allocator(target, variables);
  for (const { path, value } of graph.variables) allocator.variable(path, value);
  for (const { name, value } of graph.inputs) allocator.place(value, { name, region: "inputs" });

  const uses = usesOf(fused.kernels);
  const copies: { readonly from: Value; readonly path: string }[] = [];
  for (const { variable, value } of graph.updates) {
    const located = fused.locate(value);
    const { base } = located;
    if (base === variable.value && isWhole(located)) continue;
    const { kernels } = fused;
    if (mayUpdateInPlace({ variable: variable.value, base, kernels, uses, allocator })) {
      allocator.alias(base, variable.value);
    } else copies.push({ from: base, path: variable.path });
  }
  const names = storedNames(fused.kernels);
  const nameOf = (value: Value) => names.get(value) ?? `value${value.id}`;
  const updated = new Set(graph.updates.map((update) => update.variable.value));
  const early: Kernel[] = [];
  const outputs = graph.outputs.map(({ name, value }): Port => {
    const base = fused.locate(value).base;
    if (updated.has(base)) {
      const target = allocator.spare(base, { name, region: "outputs" });
      early.push(copyKernel(base, { source: allocator.number(base), target }));
      return { name, spec: value.spec, buffer: target };
    }
    if (!allocator.has(base)) allocator.place(base, { name, region: "outputs" });
    return { name, spec: value.spec, buffer: allocator.number(base) };
  });
  const stored = new Set(names.keys());
  for (const value of gradientsInOrder(graph, variables, fused, stored)) {
    if (!allocator.has(value)) {
      allocator.place(value, { name: nameOf(value), region: "gradients" });
    }
  }
  const { kernels, parts } = joinInPlace(fused.kernels, {
    isPlaced: (value) => allocator.has(value) || copies.some((copy) => copy.from === value),
    target,
  });
  const savedBytes = allocator.placeWorkspace(kernels, {
    kept: copies.map((copy) => copy.from),
    parts,
    precision,
    nameOf,
  });

  // all updates read the values from before the step: those of variables are put aside first
  const olds = new Set(graph.variables.map((variable) => variable.value));
  const late = copies.map(({ from, path }) => {
    let source = allocator.number(from);
    if (olds.has(from)) {
      const spare = allocator.spare(from, { name: `${path} (new)`, region: "workspace" });
      early.push(copyKernel(from, { source, target: spare }));
      source = spare;
    }
    return copyKernel(from, { source, target: allocator.variableNumber(path) });
  });
  return {
    buffers: allocator.buffers,
    kernels: [
      ...early.map((kernel) => ({ kernel, from: null })),
      ...kernels.map((from) => ({ kernel: kernelOf(from, allocator), from })),
      ...late.map((kernel) => ({ kernel, from: null })),
    ],
    inputs: graph.inputs.map(({ name, value }) => ({
      name,
      spec: value.spec,
      buffer: allocator.number(value),
    })),
    outputs,
    bytes: allocator.bytes,
    regionBytes: allocator.regionBytes(),
    savedBytes,
  };
}

/** Gradients that are a buffer of their own, in the order in which parameters lie. */
function gradientsInOrder(
  graph: Graph,
  variables: VariableLayout,
  fused: Fused,
  stored: ReadonlySet<Value>,
): Value[] {
  const order = new Map(variables.slots.map((slot, i) => [slot.path, i]));
  return graph.gradients
    .toSorted((a, b) => (order.get(a.of) ?? 0) - (order.get(b.of) ?? 0))
    .flatMap(({ value }) => {
      if (!stored.has(value) && !stored.has(fused.root(value))) return [];
      const base = fused.locate(value).base;
      return stored.has(base) ? [base] : [];
    });
}

/** Stored values with a name for people: the stage, and a number in it. */
function storedNames(kernels: readonly FusedKernel[]): Map<Value, string> {
  const counts = new Map<string, number>();
  const names = new Map<Value, string>();
  for (const { steps, results } of kernels) {
    const path = steps.at(-1)?.node?.path ?? "";
    for (const { value } of results) {
      const count = (counts.get(path) ?? 0) + 1;
      counts.set(path, count);
      names.set(value, `${path}:${count}`);
    }
  }
  return names;
}

/** Where values are computed and read: numbers of kernels. */
interface Uses {
  readonly writer: ReadonlyMap<Value, number>;
  /** The last kernel that reads a value. */
  readonly lastReader: ReadonlyMap<Value, number>;
}

function usesOf(kernels: readonly FusedKernel[]): Uses {
  const writer = new Map<Value, number>();
  const lastReader = new Map<Value, number>();
  kernels.forEach(({ cluster, loads, results }, i) => {
    for (const { value } of results) writer.set(value, i);
    for (const { base } of loads) lastReader.set(base, i);
    for (const { base } of anchorLoads(cluster)) lastReader.set(base, i);
  });
  return { writer, lastReader };
}

/** Whether a kernel may write a variable's new value over the old one. */
function mayUpdateInPlace({ variable, base, kernels, uses, allocator }: {
  readonly variable: Value;
  readonly base: Value;
  readonly kernels: readonly FusedKernel[];
  readonly uses: Uses;
  readonly allocator: Allocator;
}): boolean {
  const writer = uses.writer.get(base);
  if (writer === undefined || allocator.has(base)) return false;
  const last = uses.lastReader.get(variable) ?? -1;
  return last < writer || (last === writer && readsInPlace(kernels[writer]!, variable));
}

/** Assigns addresses region by region. */
class Allocator {
  readonly buffers: Buffer[] = [];
  readonly #numbers = new Map<Value, number>();
  readonly #variables = new Map<string, number>();
  bytes: number;

  constructor(readonly target: Target, readonly layout: VariableLayout) {
    this.bytes = layout.bytes;
    for (const { path, spec, region, byteOffset } of layout.slots) {
      const number = this.#add({
        name: path,
        dtype: spec.dtype,
        length: sizeOf(spec.shape),
        region,
        byteOffset,
      });
      this.#variables.set(path, number);
    }
  }

  /** Binds a variable's value to its slot. */
  variable(path: string, value: Value): void {
    this.#numbers.set(value, this.variableNumber(path));
  }

  /** The buffer of a variable's slot. */
  variableNumber(path: string): number {
    const number = this.#variables.get(path);
    if (number === undefined) {
      throw new RangeError(`Cannot plan: variable "${path}" is missing in the layout of the run`);
    }
    return number;
  }

  has(value: Value): boolean {
    return this.#numbers.has(value);
  }

  number(value: Value): number {
    const number = this.#numbers.get(value);
    if (number === undefined) throw new RangeError(`Cannot plan: value ${value.id} has no buffer`);
    return number;
  }

  /** Lets a value live in the buffer of another. */
  alias(value: Value, other: Value): void {
    this.#numbers.set(value, this.number(other));
  }

  /** Gives a value the next address. */
  place(value: Value, { name, region }: { readonly name: string; readonly region: Region }): void {
    this.#placeAt(value, { name, region, byteOffset: this.bytes });
    this.bytes += paddedBytes(value.spec, this.target);
  }

  /** A buffer of a value's size at the next address. */
  spare(
    { spec }: Value,
    { name, region }: { readonly name: string; readonly region: Region },
  ): number {
    const { dtype, shape } = spec;
    const length = sizeOf(shape);
    const number = this.#add({ name, dtype, length, region, byteOffset: this.bytes });
    this.bytes += paddedBytes(spec, this.target);
    return number;
  }

  /**
   * Packs everything that has no buffer yet into the workspace; gives the bytes that values stored in
   * 16 bits save.
   *
   * @param options.kept Values that variables are set to at the end.
   */
  placeWorkspace(
    kernels: readonly FusedKernel[],
    { kept, parts, precision, nameOf }: {
      readonly kept: readonly Value[];
      readonly parts: ReadonlyMap<Value, Part>;
      readonly precision: Precision;
      readonly nameOf: (value: Value) => string;
    },
  ): number {
    const isPlaced = (value: Value) => this.has(value);
    const none: ReadonlySet<Value> = new Set();
    const pack = (halves: ReadonlySet<Value>) =>
      packWorkspace(kernels, { isPlaced, kept, parts, halves, target: this.target });
    // the parts of a value lie at its bytes: all of them are stored alike
    const joined = new Set([...parts].flatMap(([value, { of }]) => [value, of]));
    const mayBeHalf = (value: Value) =>
      !this.has(value) && !kept.includes(value) && !joined.has(value);
    const halves = precision === "full" ? none : halfValues(kernels, mayBeHalf);
    const { places, bytes } = pack(halves);
    const savedBytes = halves.size === 0 ? 0 : pack(none).bytes - bytes;
    const start = this.bytes;
    for (const [value, from] of places) {
      this.#placeAt(value, {
        name: nameOf(value),
        region: "workspace",
        byteOffset: start + from,
        ...storageOf(halves.has(value)),
      });
    }
    this.bytes = start + bytes;
    return savedBytes;
  }

  /** Bytes between the lowest and the highest address of each region. */
  regionBytes(): Record<Region, number> {
    const totals: Record<Region, number> = {
      parameters: 0,
      state: 0,
      fitted: 0,
      constants: 0,
      gradients: 0,
      inputs: 0,
      outputs: 0,
      workspace: 0,
    };
    for (const region of Object.keys(totals) as Region[]) {
      const buffers = this.buffers.filter((buffer) => buffer.region === region);
      if (buffers.length === 0) continue;
      const ends = buffers.map((buffer) =>
        buffer.byteOffset +
        paddedBytes({ ...buffer, shape: [buffer.length] }, this.target)
      );
      totals[region] = Math.max(...ends) - Math.min(...buffers.map((buffer) => buffer.byteOffset));
    }
    return totals;
  }

  /** How a kernel walks a value. */
  access({ base, view }: Load): Access {
    return {
      buffer: this.number(base),
      dtype: base.spec.dtype,
      offset: view.offset,
      strides: view.strides,
    };
  }

  #placeAt(
    value: Value,
    place: Pick<Buffer, "name" | "region" | "byteOffset" | "storage">,
  ): void {
    const { shape, dtype } = value.spec;
    this.#numbers.set(value, this.#add({ ...place, dtype, length: sizeOf(shape) }));
  }

  #add(buffer: Omit<Buffer, "id">): number {
    const id = this.buffers.length;
    this.buffers.push({ id, ...buffer });
    return id;
  }
}

function kernelOf({ cluster, loads, results }: FusedKernel, allocator: Allocator): Kernel {
  return {
    shape: cluster.shape,
    anchor: anchorOf(cluster.anchor, allocator),
    loads: loads.map((load) => allocator.access(load)),
    results: results.map((result) => ({
      expression: result.expression,
      store: storeOf(result, cluster.shape, allocator),
    })),
  };
}

/** Where a result goes: row-major over the kernel's shape, or into its block of a joint value. */
function storeOf({ value, block }: FusedResult, shape: Shape, allocator: Allocator): Access {
  return allocator.access({ base: value, view: block ?? rowMajorView(shape) });
}

function anchorOf(anchor: FusedKernel["cluster"]["anchor"], allocator: Allocator): Anchor | null {
  if (anchor === null) return null;
  if (anchor.kind === "reduce") {
    return { ...anchor, loads: anchor.loads.map((load) => allocator.access(load)) };
  }
  const { kind, op, params, operands, output } = anchor;
  return {
    kind,
    op,
    params,
    output,
    operands: operands.map((operand): Operand => {
      if ("base" in operand) {
        return { access: allocator.access(operand), shape: operand.view.shape };
      }
      const { shape, dtype, loads, expression } = operand;
      return { shape, dtype, loads: loads.map((load) => allocator.access(load)), body: expression };
    }),
  };
}

/** A copy of one buffer into another. */
function copyKernel(
  { spec: { shape, dtype } }: Value,
  { source, target }: { readonly source: number; readonly target: number },
): Kernel {
  const access = { dtype, offset: 0, strides: [1] };
  const expression: Scalar = scalar.load(0, scalar.scalarTypeOf(dtype));
  return {
    shape: [sizeOf(shape)],
    anchor: null,
    loads: [{ ...access, buffer: source }],
    results: [{ expression, store: { ...access, buffer: target } }],
  };
}
