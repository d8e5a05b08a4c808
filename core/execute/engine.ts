/**
 * An engine runs the programs of one pipeline on one device: it holds the variables, makes each
 * program once (a plan per purpose and batch size, all over the same variables), and moves values in
 * and out.
 *
 * @module
 */
import { allocateElements, type Elements, type HostTensor, sizeOf } from "../tensor/mod.ts";
import type { Graph } from "../graph/mod.ts";
import {
  type Buffer,
  layoutVariables,
  type Plan,
  type Port,
  type Target,
  type VariableLayout,
  type VariableSlot,
} from "../plan/mod.ts";
import type { CheckedPipeline, Purpose, TracedGraph } from "../check/mod.ts";
import type { BufferRange, Device, DeviceSession, Executable } from "../devices/mod.ts";

/** What a purpose was lowered to. */
export interface Lowered {
  readonly traced: TracedGraph;
  /** Differentiated, as it was planned. */
  readonly graph: Graph;
  readonly plan: Plan;
}

/** What lowering is told. */
export interface LowerOptions {
  readonly purpose: Purpose;
  readonly batchSize: number;
  readonly target: Target;
  readonly variables: VariableLayout;
}

/** Lowers a checked pipeline: check, differentiate and plan for one purpose. */
export type Lower = (checked: CheckedPipeline, options: LowerOptions) => Lowered;

/** A program ready to run. */
export interface Program extends Lowered {
  readonly executable: Executable;
}

/** Host memory in which a program reads what it is fed. */
interface Windows {
  readonly windows: ReadonlyMap<string, Elements>;
  readonly counters: { readonly seed: Elements | undefined; readonly step: Elements | undefined };
}

/** The programs and variables of a pipeline on a device. */
export class Engine {
  readonly #programs = new Map<string, Program>();
  readonly #windows = new Map<Program, Windows>();

  private constructor(
    readonly checked: CheckedPipeline,
    readonly device: Device,
    readonly session: DeviceSession,
    readonly layout: VariableLayout,
    readonly lower: Lower,
    readonly clock: boolean,
  ) {}

  /**
   * Opens a device for a pipeline. `training`: whether optimizer state is needed; `clock`: whether
   * training steps measure themselves.
   */
  static async open(
    checked: CheckedPipeline,
    { device, threads, lower, training, clock = false }: {
      readonly device: Device;
      readonly threads?: number | undefined;
      readonly lower: Lower;
      readonly training: boolean;
      readonly clock?: boolean | undefined;
    },
  ): Promise<Engine> {
    const variables = checked.variables.filter((variable) => training || isModelVariable(variable));
    const layout = layoutVariables(variables, device.target);
    const session = await device.open(threads === undefined ? {} : { threads });
    return new Engine(checked, device, session, layout, lower, clock);
  }

  /** The program of a purpose and batch size; made when first asked for. */
  async program(purpose: Purpose, batchSize: number): Promise<Program> {
    const key = `${JSON.stringify(purpose)} ${batchSize}`;
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    const { layout: variables, device: { target } } = this;
    const lowered = this.lower(this.checked, { purpose, batchSize, target, variables });
    const clock = this.clock && purpose === "train";
    const executable = await this.session.prepare(lowered.plan, { clock });
    const program = { ...lowered, executable };
    this.#programs.set(key, program);
    this.#windows.clear();
    return program;
  }

  /**
   * Runs a program once: data inputs are filled by `fill`, seed and step are set.
   *
   * @returns A promise only where the feed or the device needs one.
   */
  run(
    program: Program,
    { step, fill }: {
      readonly step: number;
      readonly fill: (windows: ReadonlyMap<string, Elements>) => void | Promise<void>;
    },
  ): void | Promise<void> {
    const { windows, counters } = this.#windowsOf(program);
    const { seed } = this.checked.resolved.run;
    if (counters.seed !== undefined) counters.seed[0] = seed;
    if (counters.step !== undefined) counters.step[0] = step;
    const filled = fill(windows);
    return filled instanceof Promise
      ? filled.then(() => program.executable.run())
      : program.executable.run();
  }

  /** Reads an output of a program after a run. */
  read(program: Program, name: string): Elements | Promise<Elements> {
    const port = program.plan.outputs.find((port) => port.name === name)!;
    return this.session.read(bufferOf(program.plan, port));
  }

  /** Fills every variable that starts from the seed; others are zeroed. */
  async initialize(seed: number): Promise<void> {
    for (const slot of this.layout.slots) {
      const { shape, dtype } = slot.spec;
      await this.#write(slot, slot.initialize?.(seed) ?? allocateElements(dtype, sizeOf(shape)));
    }
  }

  /** Writes variables by path; a path that is no variable of this pipeline is passed over. */
  async load(tensors: Readonly<Record<string, HostTensor>>): Promise<void> {
    for (const slot of this.layout.slots) {
      const tensor = tensors[slot.path];
      if (tensor !== undefined) await this.#write(slot, tensor.data);
    }
  }

  /** Reads variables out. */
  async variables(
    which: (slot: VariableSlot) => boolean = () => true,
  ): Promise<Record<string, HostTensor>> {
    const tensors: Record<string, HostTensor> = {};
    for (const slot of this.layout.slots.filter(which)) {
      tensors[slot.path] = { ...slot.spec, data: await this.session.read(placeOf(slot)) };
    }
    return tensors;
  }

  /** Frees the device's memory. */
  async close(): Promise<void> {
    await this.session.close();
  }

  /** The windows of a program; asked for anew when another program has made the memory grow. */
  #windowsOf(program: Program): Windows {
    const known = this.#windows.get(program);
    if (known !== undefined) return known;
    const byName = new Map(
      program.plan.inputs.map((
        port,
      ) => [port.name, this.session.input(bufferOf(program.plan, port))]),
    );
    const made = {
      windows: byName,
      counters: { seed: byName.get("seed"), step: byName.get("step") },
    };
    this.#windows.set(program, made);
    return made;
  }

  #write(slot: VariableSlot, data: Elements): void | Promise<void> {
    return this.session.write(placeOf(slot), data);
  }
}

/** Whether a variable is part of the trained model: all but optimizer state. */
export function isModelVariable({ role, of }: Pick<VariableSlot, "role" | "of">): boolean {
  return role !== "state" || of === undefined;
}

/** Whether no element of any tensor is NaN or infinite. */
export function allFinite(tensors: Readonly<Record<string, HostTensor>>): boolean {
  return Object.values(tensors).every((tensor) => tensor.data.every(Number.isFinite));
}

function bufferOf(plan: Plan, port: Port): Buffer {
  return plan.buffers[port.buffer]!;
}

function placeOf({ spec, byteOffset }: VariableSlot): BufferRange {
  return { dtype: spec.dtype, length: sizeOf(spec.shape), byteOffset };
}
