/**
 * How stages are defined: here, in a plugin, or in a user's own file. A definition is an object; the
 * call signature that users see is given as a type, and the check verifies at run time what the
 * definition's ports say.
 *
 * @module
 */
import type { AnyHandle, PortKind } from "./handles.ts";
import type { InputPort } from "./definition.ts";
import type { HostDefinition, HostInputs } from "./host_stage.ts";
import type { LoaderDefinition, RowsDefinition } from "./row_stage.ts";
import type { Stage, StageCall, StageDefinition, TracedDefinition } from "./stage.ts";

/** A call signature of a stage: takes a handle, or a record of handles by port; gives handles. */
// deno-lint-ignore no-explicit-any
export type StageSignature = (input: any) => unknown;

/**
 * Defines a traced stage: its `build` is called once, with symbolic values, and calls ops.
 *
 * `Call` is the signature users wire it by: it takes a handle when the definition has one input
 * port, else a record of handles by port, and returns a handle; with `moreOutputs` a record of handles.
 *
 * @returns A function from options to a stage that can be called.
 *
 * @example
 * ```ts
 * import { defineStage, type Dim, ops, type Tensor } from "@millrace/millrace";
 * import { z } from "zod";
 *
 * const amplify = defineStage<
 *   <S extends readonly Dim[]>(x: Tensor<S>) => Tensor<S>
 * >()({
 *   name: "amplify",
 *   family: "transform",
 *   kind: "traced",
 *   config: z.object({ gain: z.number().positive().default(2) }),
 *   inputs: { x: { kind: "tensor", dtypes: ["f32"] } },
 *   output: "tensor",
 *   build: ({ x }, { config }) => ops.mul(x, config.gain),
 * });
 * const louder = amplify({ gain: 3 });
 * ```
 */
export function defineStage<Call extends StageSignature>(): <
  Options,
  Config,
  const I extends Readonly<Record<string, InputPort>>,
  K extends PortKind,
>(definition: TracedDefinition<Options, Config, I, K>) => (options: Options) => Call {
  return (definition: unknown) => makeStages<Call>(definition as StageDefinition);
}

/**
 * Defines a stage that maps batches on the host, in TypeScript, before they go to the device.
 *
 * `Call` is the signature users wire it by: it takes a handle when the definition has one input
 * port, else a record of handles by port, and returns a record of handles by output port.
 *
 * @returns A function from options to a stage that can be called.
 *
 * @example
 * ```ts
 * import { defineHostStage, type Tensor } from "@millrace/millrace";
 * import { z } from "zod";
 *
 * const reversed = defineHostStage<
 *   (x: Tensor<readonly ["batch", 2]>) => { x: Tensor<readonly ["batch", 2]> }
 * >()({
 *   name: "reversed",
 *   family: "transform",
 *   kind: "host",
 *   config: z.object({}),
 *   inputs: { x: { kind: "tensor", dtypes: ["f32"] } },
 *   ports: ({ x }) => ({ x }),
 *   map: ({ x }) => ({ x: { ...x, data: x.data.slice().reverse() } }),
 * });
 * reversed({});
 * ```
 */
export function defineHostStage<Call extends StageSignature>(): <
  Options,
  Config,
  const I extends HostInputs,
  Prepared,
>(definition: HostDefinition<Options, Config, I, Prepared>) => (options: Options) => Call {
  return (definition: unknown) => makeStages<Call>(definition as StageDefinition);
}

/**
 * Defines a stage that opens the rows of others in a way of its own: a part of them, in another
 * order, or those of several together.
 *
 * `Call` is the signature users wire it by: it takes all the handles of a loader when the definition
 * has one input port, else a record of them by port, and returns a record of handles.
 *
 * @returns A function from options to a stage that can be called.
 *
 * @example
 * ```ts
 * import { defineRowsStage, mnist, type RowHandles } from "@millrace/millrace";
 * import { z } from "zod";
 *
 * const everySecond = defineRowsStage<<H extends RowHandles>(data: H) => H>()({
 *   name: "everySecond",
 *   family: "loader",
 *   kind: "rows",
 *   config: z.object({}),
 *   inputs: { data: { kind: "rows" } },
 *   ports: ({ data }) => data!,
 *   async open({ inputs, split }) {
 *     const source = await inputs.data!.open(split);
 *     return source && {
 *       rows: Math.ceil(source.rows / 2),
 *       read: (rows, into) => source.read(rows.map((row) => 2 * row), into),
 *       close: () => source.close?.(),
 *     };
 *   },
 * });
 * const digits = everySecond({})(mnist());
 * digits.image;
 * ```
 */
export function defineRowsStage<Call extends StageSignature>(): <Options, Config>(
  definition: RowsDefinition<Options, Config>,
) => (options: Options) => Call {
  return (definition: unknown) => makeStages<Call>(definition as StageDefinition);
}

/**
 * Defines a loader. `Outputs` is the record of handles that making one returns.
 *
 * @returns A function from options to the loader's handles.
 *
 * @example
 * ```ts
 * import { type ClassLabels, defineLoader, type Tensor } from "@millrace/millrace";
 * import { z } from "zod";
 *
 * const parity = defineLoader<
 *   { number: Tensor<readonly ["batch", 1]>; label: ClassLabels<"batch", 2> }
 * >()({
 *   name: "parity",
 *   kind: "loader",
 *   family: "loader",
 *   config: z.object({ rows: z.int().positive().default(100) }),
 *   ports: () => ({
 *     number: { kind: "tensor", dtype: "f32", shape: [1] },
 *     label: { kind: "labels", dtype: "u8", classes: 2 },
 *   }),
 *   open: ({ config }) => ({
 *     rows: config.rows,
 *     read(rows, { number, label }) {
 *       rows.forEach((row, i) => {
 *         number![i] = row;
 *         label![i] = row % 2;
 *       });
 *     },
 *   }),
 * });
 * const numbers = parity({ rows: 10 });
 * numbers.label;
 * ```
 */
export function defineLoader<Outputs extends Readonly<Record<string, AnyHandle>>>(): <
  Options,
  Config,
>(definition: LoaderDefinition<Options, Config>) => (options: Options) => Outputs {
  return (definition) => (options) => {
    const stage: Stage = { definition: definition as LoaderDefinition, options };
    return handlesOf({ ...stage, called: stage, inputs: {} }) as unknown as Outputs;
  };
}

const callSymbol: unique symbol = Symbol("millrace.stageCall");

/** The handles of a stage with several outputs, together with the call they belong to. */
interface StageHandles {
  readonly [callSymbol]: StageCall;
}

/** The stage call behind a handle or a record of handles; `undefined` for anything else. */
export function stageCallOf(output: unknown): StageCall | undefined {
  if (typeof output !== "object" || output === null) return undefined;
  if (callSymbol in output) return (output as StageHandles)[callSymbol];
  return isHandle(output) ? output.stage : undefined;
}

/** Tells whether something is a handle. */
export function isHandle(value: unknown): value is AnyHandle {
  return typeof value === "object" && value !== null && !(callSymbol in value) &&
    typeof (value as AnyHandle).port === "string" && typeof (value as AnyHandle).stage === "object";
}

const stageSymbol: unique symbol = Symbol("millrace.stage");

/**
 * The stage behind a callable one; `undefined` for any other function. What users call stays a plain
 * function type, since TypeScript keeps generic functions generic through `sequential` only then.
 */
export function stageOf(callable: unknown): Stage | undefined {
  return typeof callable === "function"
    ? (callable as { readonly [stageSymbol]?: Stage })[stageSymbol]
    : undefined;
}

/** Functions from options to stages that are wired by calling them. */
function makeStages<Call extends StageSignature>(
  definition: StageDefinition,
): (options: unknown) => Call {
  return (options) => callableOf({ definition, options }) as Call;
}

/** A function that wires a stage when it is called. */
export function callableOf(stage: Stage): StageSignature {
  const { definition } = stage;
  const wire = (input: unknown) => {
    const call: StageCall = { ...stage, called: stage, inputs: wiring(definition, input) };
    return definition.kind === "traced" && definition.moreOutputs === undefined
      ? { stage: call, port: "output" }
      : handlesOf(call);
  };
  return Object.assign(wire, { [stageSymbol]: stage });
}

/**
 * A single handle goes to the first input port, and so does an array where that port is variadic; a
 * record is taken port by port.
 */
function wiring(
  definition: StageDefinition,
  input: unknown,
): Readonly<Record<string, AnyHandle | undefined>> {
  if (definition.kind === "rows") return rowsWiring(definition, input);
  if (definition.kind === "loader" || typeof input !== "object" || input === null) return {};
  if (!isHandle(input) && !Array.isArray(input)) {
    return Object.assign(
      {},
      ...Object.entries(input).map(([port, given]) => connections(port, given)),
    );
  }
  const [port] = Object.keys(definition.inputs);
  return port === undefined ? {} : connections(port, input);
}

/** An array of handles is connected as `x1`, `x2` and so on. */
function connections(port: string, given: unknown): Record<string, AnyHandle | undefined> {
  if (!Array.isArray(given)) return { [port]: given as AnyHandle | undefined };
  return Object.fromEntries(given.map((handle, i) => [`${port}${i + 1}`, handle]));
}

/** The port of a wire that takes all the outputs of a stage. */
export const allPorts = "*";

/**
 * All the outputs of a stage go to the first input port, and so does an array of such where that port is
 * variadic; a record of them is taken port by port.
 */
function rowsWiring(
  definition: RowsDefinition,
  input: unknown,
): Readonly<Record<string, AnyHandle | undefined>> {
  const rowsOf = (outputs: unknown): AnyHandle | undefined => {
    const stage = stageCallOf(outputs);
    return stage && { stage, port: allPorts } as AnyHandle;
  };
  const [port] = Object.keys(definition.inputs);
  if (Array.isArray(input)) return port === undefined ? {} : connections(port, input.map(rowsOf));
  const whole = rowsOf(input);
  if (whole !== undefined) return port === undefined ? {} : { [port]: whole };
  return typeof input === "object" && input !== null
    ? Object.fromEntries(Object.entries(input).map(([name, outputs]) => [name, rowsOf(outputs)]))
    : {};
}

/**
 * Every property is a handle: which ports there are depends on the configuration, and on the inputs
 * of a host stage, which are checked later.
 */
function handlesOf(call: StageCall): StageHandles {
  const handles = new Map<string, AnyHandle>();
  return new Proxy<StageHandles>({ [callSymbol]: call }, {
    get(target, port) {
      if (typeof port !== "string") return port === callSymbol ? target[callSymbol] : undefined;
      if (!handles.has(port)) handles.set(port, { stage: call, port } as AnyHandle);
      return handles.get(port);
    },
  });
}
