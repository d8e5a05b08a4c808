/**
 * The variables that stages hold as a pipeline is traced: parameters, state, fitted numbers. Each is
 * made when it is first asked for, and shared by all calls of the layer that holds it.
 *
 * @module
 */
import { formatSpec, RandomStream, sameSpec } from "../tensor/mod.ts";
import type { GraphBuilder, Value, Variable, VariableOptions } from "../graph/mod.ts";
import { stopGradient } from "../ops/mod.ts";
import type { BuildContext } from "../declare/mod.ts";
import { parametersOf } from "./flows.ts";
import type { ResolvedStage } from "./resolve.ts";
import { type EpochNumbers, epochNumbers, stateVariable } from "./updates.ts";

/** What a stage's `build` asks for variables with. */
type VariableContext = Pick<
  BuildContext<unknown>,
  "parameter" | "state" | "eachEpoch" | "fitted" | "constant" | "update" | "parametersOf"
>;

/** Makes variables in a graph, and knows what they are set to. */
export class StageVariables {
  readonly #builder: GraphBuilder;
  readonly #isTraining: boolean;
  /** What the paths of tables end in, where their shapes may be others. */
  readonly #suffix: string;
  /** Variables by path, as they were made. */
  readonly #made = new Map<string, Variable>();
  /** Paths of parameters that some stage holds without being frozen. */
  readonly #trainable = new Set<string>();
  /** What state is set to, by path: a layer that is called again goes on from there. */
  readonly #stateUpdates = new Map<
    string,
    { readonly variable: Variable; readonly value: Value }
  >();
  /** Parameters that another variable stands in for. */
  readonly #replaced = new Set<string>();
  /** Numbers that the end of an epoch sets anew. */
  readonly epochNumbers: EpochNumbers[] = [];

  /** Makes none yet. */
  constructor(
    builder: GraphBuilder,
    { isTraining, steps }: {
      readonly isTraining: boolean;
      /** Of sequences: tables that follow from them are of each number of steps. */
      readonly steps?: Readonly<Record<string, number>> | undefined;
    },
  ) {
    this.#builder = builder;
    this.#isTraining = isTraining;
    this.#suffix = steps === undefined ? "" : `@${Object.values(steps).join("x")}`;
  }

  /** What one call of a stage asks for its variables with. */
  contextOf(stage: ResolvedStage): VariableContext {
    const taken = new Set<string>();
    const held = (name: string, options: VariableOptions) => {
      const path = `${stage.owner}.${name}`;
      if (taken.has(path)) {
        throw new RangeError(`Cannot make variable "${path}": the path is taken`);
      }
      taken.add(path);
      return this.#variable(path, options);
    };
    return {
      parameter: (name, { shape, initializer }) => {
        const path = `${stage.owner}.${name}`;
        initializer.requireShape?.(shape);
        const { value } = held(name, {
          spec: { shape, dtype: "f32" },
          role: "parameter",
          initialize: (seed) => initializer.sample(shape, new RandomStream(seed, path)),
        });
        if (!stage.frozen) this.#trainable.add(path);
        return stage.frozen && this.#isTraining ? stopGradient(value) : value;
      },
      state: (name, options) => {
        const variable = stateVariable(held, { stage, name, options, replaced: this.#replaced });
        const set = this.#stateUpdates.get(variable.path);
        return set === undefined ? variable : { ...variable, value: set.value };
      },
      eachEpoch: epochNumbers(this.#builder, { stage: stage.path, found: this.epochNumbers }),
      fitted: (name, shape) =>
        held(name, { spec: { shape, dtype: "f32" }, role: "fitted", initialize: null }).value,
      constant: (name, { shape, values }) =>
        held(name + this.#suffix, {
          spec: { shape, dtype: "f32" },
          role: "constant",
          initialize: values,
        }).value,
      update: (variable, value) => {
        const made = this.#made.get(variable.path) ?? variable;
        if (made.role !== "state" || made.of !== undefined) this.#builder.update(made, value);
        else if (!stage.frozen) this.#stateUpdates.set(made.path, { variable: made, value });
      },
      parametersOf: (value) =>
        parametersOf(value, this.#made.values()).filter(({ path }) => this.#trainable.has(path)),
    };
  }

  /** Sets state to what it was last updated with. */
  applyState(): void {
    for (const { variable, value } of this.#stateUpdates.values()) {
      this.#builder.update(variable, value);
    }
  }

  /**
   * A variable, made when it is first asked for.
   *
   * @throws {TypeError} When calls that share it need other shapes.
   */
  #variable(path: string, options: VariableOptions): Variable {
    const known = this.#made.get(path);
    if (known === undefined) {
      const made = this.#builder.variable(path, options);
      this.#made.set(path, made);
      return made;
    }
    if (sameSpec(known.spec, options.spec)) return known;
    throw new TypeError(
      `Cannot share "${path}": received ${formatSpec(options.spec)}, ` +
        `expected ${formatSpec(known.spec)}, as where the layer is first called`,
    );
  }
}
