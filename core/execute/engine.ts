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
  type Precision,
  requirePrecision,
  type Target,
  type VariableLayout,
  type VariableSlot,
} from "../plan/mod.ts";
import type { CheckedPipeline, Purpose, SequenceSteps, TracedGraph } from "../check/mod.ts";
import { lossScaleVariables } from "../differentiate/mod.ts";
import type { BufferRange, Device, DeviceSession, Executable, KeptBatch } from "../devices/mod.ts";
import { PipelineRows } from "./open_rows.ts";
import type { RowWorkers } from "./row_workers.ts";

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
  readonly steps?: SequenceSteps | undefined;
  readonly target: Target;
  readonly precision: Precision;
  readonly variables: VariableLayout;
}

/** Lowers a checked pipeline: check, differentiate and plan for one purpose. */
export type Lower = (checked: CheckedPipeline, options: LowerOptions) => Lowered;

/** A program ready to run. */
export interface Program extends Lowered {
  readonly executable: Executable;
}

/** What a program reads and leaves, as the host sees it. */
interface HostView {
  /** Windows of the data inputs, by name. */
  readonly inputs: ReadonlyMap<string, Elements>;
  readonly seed: Elements | undefined;
  readonly step: Elements | undefined;
  /** Windows of the outputs, by name; `null` where they must be copied out of the device. */
  readonly outputs: ReadonlyMap<string, Elements | null>;
}

/** What an engine is made of, besides the pipeline. */
type EngineParts = Pick<
  Engine,
  "device" | "session" | "layout" | "lower" | "clock" | "precision" | "rows"
>;

/** The programs and variables of a pipeline on a device. */
export class Engine {
  readonly checked: CheckedPipeline;
  readonly device: Device;
  readonly session: DeviceSession;
  readonly layout: VariableLayout;
  readonly lower: Lower;
  readonly clock: boolean;
  /** How training stores floats. */
  readonly precision: Precision;
  /** Opens the rows of the pipeline's loaders. */
  readonly rows: PipelineRows;
  readonly #programs = new Map<string, Program>();
  readonly #views = new Map<Program, HostView>();
  readonly #fitted: Record<string, HostTensor> = {};
  /** Places of variables for programs that do not train. */
  readonly #trainedLayout: VariableLayout;

  private constructor(checked: CheckedPipeline, parts: EngineParts) {
    this.checked = checked;
    this.device = parts.device;
    this.session = parts.session;
    this.layout = parts.layout;
    this.lower = parts.lower;
    this.clock = parts.clock;
    this.precision = parts.precision;
    this.rows = parts.rows;
    this.#trainedLayout = layoutOfTrained(parts.layout);
  }

  /**
   * Opens a device for a pipeline. `training`: whether optimizer state is needed; `clock`: whether
   * training steps measure themselves; `precision`: how they store floats; `workers`: those that read
   * rows, closed by whoever made them; `tell`: takes what loaders tell.
   *
   * @throws {PipelineError} When the device does not have the precision.
   */
  static async open(
    checked: CheckedPipeline,
    { device, threads, lower, training, clock = false, precision = "full", workers, tell }: {
      readonly device: Device;
      readonly threads?: number | undefined;
      readonly lower: Lower;
      readonly training: boolean;
      readonly clock?: boolean | undefined;
      readonly workers?: RowWorkers | undefined;
      readonly precision?: Precision | undefined;
      readonly tell?: ((text: string) => void) | undefined;
    },
  ): Promise<Engine> {
    requirePrecision(precision, device.target);
    const variables = [
      ...checked.variables.filter((variable) =>
        training || variable.role === "constant" || isModelVariable(variable)
      ),
      ...(training && precision === "mixed" ? lossScaleVariables() : []),
    ];
    const layout = layoutVariables(variables, device.target);
    const session = await device.open(threads === undefined ? {} : { threads });
    const rows = new PipelineRows(checked, { workers, tell });
    const parts = { device, session, layout, lower, clock, precision, rows };
    const engine = new Engine(checked, parts);
    for (const slot of layout.slots) {
      if (slot.role === "constant") await engine.#write(slot, slot.initialize!(0));
    }
    return engine;
  }

  /** The program of a purpose, a batch size, and steps of sequences; made when first asked for. */
  async program(purpose: Purpose, batchSize: number, steps?: SequenceSteps): Promise<Program> {
    const key = `${JSON.stringify(purpose)} ${batchSize} ${JSON.stringify(steps ?? {})}`;
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    const isTraining = purpose === "train";
    const variables = isTraining ? this.layout : this.#trainedLayout;
    const { target } = this.device;
    const { precision } = this;
    const lowered = this.lower(this.checked, {
      purpose,
      batchSize,
      steps,
      target,
      precision,
      variables,
    });
    const clock = this.clock && isTraining;
    const executable = await this.session.prepare(lowered.plan, { clock });
    const program = { ...lowered, executable };
    this.#programs.set(key, program);
    this.#views.clear();
    return program;
  }

  /**
   * Host memory in which a program reads its data inputs, by name: to be filled before a run. The
   * same until another program is made.
   */
  inputs(program: Program): ReadonlyMap<string, Elements> {
    return this.#viewOf(program).inputs;
  }

  /**
   * Runs a program once over what stands in its inputs, or over a batch that is on the device.
   *
   * @returns A promise only where the device needs one.
   */
  run(program: Program, step: number, batch?: KeptBatch): void | Promise<void> {
    this.#setCounters(program, step);
    return program.executable.run(batch);
  }

  /** Runs a program once as `run` does, in its queue: its outputs are read later, by `collect`. */
  enqueue(program: Program, step: number, batch?: KeptBatch): void {
    this.#setCounters(program, step);
    program.executable.queue!.run(batch);
  }

  /** What the queued runs of a program gave: of each, in order, the outputs by name. */
  async collect(program: Program): Promise<ReadonlyMap<string, Elements>[]> {
    const runs = await program.executable.queue!.collect();
    return runs.map((outputs) =>
      new Map(program.plan.outputs.map(({ name }, i) => [name, outputs[i]!]))
    );
  }

  /** An output of a program after a run; it may change with the next run. */
  read(program: Program, name: string): Elements | Promise<Elements> {
    const window = this.#viewOf(program).outputs.get(name);
    if (window != null) return window;
    const port = program.plan.outputs.find((port) => port.name === name);
    if (port === undefined) throw new RangeError(`Cannot read "${name}": there is no such output`);
    return this.session.read(bufferOf(program.plan, port));
  }

  /** Fills every variable that starts from the seed; others are zeroed. */
  async initialize(seed: number): Promise<void> {
    for (const slot of this.layout.slots) {
      if (slot.role === "constant") continue;
      const { shape, dtype } = slot.spec;
      await this.#write(slot, slot.initialize?.(seed) ?? allocateElements(dtype, sizeOf(shape)));
    }
  }

  /** What fitted host stages found, by `"stage.name"`: it is never on the device. */
  get fitted(): Readonly<Record<string, HostTensor>> {
    return this.#fitted;
  }

  /**
   * Writes variables and what host stages are fitted with, by path; a path that is neither in this
   * pipeline is passed over.
   */
  async load(tensors: Readonly<Record<string, HostTensor>>): Promise<void> {
    for (const { path, definition } of this.checked.resolved.stages) {
      if (definition.kind !== "host" || definition.fit === undefined) continue;
      const own = Object.keys(tensors).filter((name) => name.startsWith(`${path}.`));
      for (const name of own) this.#fitted[name] = tensors[name]!;
    }
    for (const slot of this.layout.slots) {
      const tensor = tensors[slot.path];
      if (tensor !== undefined) await this.#write(slot, tensor.data);
    }
  }

  /** Reads variables out, but not constants, and what host stages are fitted with. */
  async variables(): Promise<Record<string, HostTensor>> {
    const tensors: Record<string, HostTensor> = {};
    for (const slot of this.layout.slots) {
      if (slot.role === "constant") continue;
      tensors[slot.path] = { ...slot.spec, data: await this.session.read(placeOf(slot)) };
    }
    return { ...tensors, ...this.#fitted };
  }

  /** Frees the device's memory. */
  async close(): Promise<void> {
    await this.session.close();
  }

  #setCounters(program: Program, step: number): void {
    const view = this.#viewOf(program);
    if (view.seed !== undefined) view.seed[0] = this.checked.resolved.run.seed;
    if (view.step !== undefined) view.step[0] = step;
  }

  /** The windows of a program; asked for anew when another program has made the memory grow. */
  #viewOf(program: Program): HostView {
    const known = this.#views.get(program);
    if (known !== undefined) return known;
    const { plan, traced } = program;
    const fed = new Map(
      plan.inputs.map((port) => [port.name, this.session.input(bufferOf(plan, port))]),
    );
    const made = {
      // what is declared but never computed with has no window
      inputs: new Map(
        traced.data.flatMap(({ name }) => fed.has(name) ? [[name, fed.get(name)!]] : []),
      ),
      seed: fed.get("seed"),
      step: fed.get("step"),
      outputs: new Map(
        plan.outputs.map((port) => [port.name, this.session.output(bufferOf(plan, port))]),
      ),
    };
    this.#views.set(program, made);
    return made;
  }

  #write(slot: VariableSlot, data: Elements): void | Promise<void> {
    return this.session.write(placeOf(slot), data);
  }
}

/** Whether a variable is part of the trained model: all but constants, and what only training keeps. */
export function isModelVariable({ role, of }: Pick<VariableSlot, "role" | "of">): boolean {
  return role !== "progress" && role !== "constant" && (role !== "state" || of === undefined);
}

/** The variables of the trained model by path: where another one stands in for a parameter, that. */
export function modelTensors(
  { slots }: VariableLayout,
  variables: Readonly<Record<string, HostTensor>>,
): Record<string, HostTensor> {
  const standIns = standInsOf(slots);
  return Object.fromEntries(
    slots.filter(isModelVariable).map(({ path }) => [
      path,
      variables[standIns.get(path)?.path ?? path]!,
    ]),
  );
}

/** The layout by which a parameter lies where the variable does that stands in for it. */
function layoutOfTrained(layout: VariableLayout): VariableLayout {
  const standIns = standInsOf(layout.slots);
  if (standIns.size === 0) return layout;
  const slots = layout.slots.filter(({ standsIn }) => standsIn !== true).map((slot) => ({
    ...slot,
    byteOffset: standIns.get(slot.path)?.byteOffset ?? slot.byteOffset,
  }));
  return { ...layout, slots };
}

/** What stands in for parameters, by their paths. */
function standInsOf(slots: readonly VariableSlot[]): ReadonlyMap<string, VariableSlot> {
  return new Map(
    slots.flatMap((slot) =>
      slot.standsIn === true && slot.of !== undefined ? [[slot.of, slot] as const] : []
    ),
  );
}

/** Whether no element of any tensor is NaN or infinite. */
export function allFinite(tensors: Readonly<Record<string, HostTensor>>): boolean {
  return Object.values(tensors).every(({ data }) => isFiniteThroughout(data));
}

/** Whether no element is NaN or infinite: such a one times 0 is NaN, and so is a sum with NaN. */
function isFiniteThroughout(elements: Elements): boolean {
  let sum = 0;
  for (let i = 0; i < elements.length; i++) sum += elements[i]! * 0;
  return sum === 0;
}

function bufferOf(plan: Plan, port: Port): Buffer {
  return plan.buffers[port.buffer]!;
}

function placeOf({ spec, byteOffset }: VariableSlot): BufferRange {
  return { dtype: spec.dtype, length: sizeOf(spec.shape), byteOffset };
}
