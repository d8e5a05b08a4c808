/**
 * What a training step leaves behind: new values of parameters, and numbers that the end of an epoch
 * sets anew.
 *
 * @module
 */
import { type Issue, nearestName } from "../errors.ts";
import { sizeOf } from "../tensor/mod.ts";
import type { GraphBuilder, Variable, VariableOptions } from "../graph/mod.ts";
import { reshape, slice } from "../ops/mod.ts";
import {
  type EpochRule,
  type ScheduleContext,
  type StateOptions,
  type TracedDefinition,
  type TracedUpdate,
  whenDue,
} from "../declare/mod.ts";
import type { ResolvedStage } from "./resolve.ts";

/** Numbers that the end of an epoch sets anew. */
export interface EpochNumbers {
  /** Path of the variable that holds them, in the order of the rule's `initial`. */
  readonly path: string;
  /** How they go from one epoch to the next. */
  readonly rule: EpochRule;
}

/**
 * A variable that a stage keeps from step to step.
 *
 * @param make Makes a variable below the path that holds what is the stage's.
 * @param replaced Paths of the parameters that another variable stands in for; they are noted here.
 * @throws {RangeError} When another variable stands in for its parameter already.
 */
export function stateVariable(
  make: (name: string, options: VariableOptions) => Variable,
  { stage, name, options, replaced }: {
    readonly stage: ResolvedStage;
    readonly name: string;
    readonly options: StateOptions;
    readonly replaced: Set<string>;
  },
): Variable {
  const { shape, value = 0, of, standsIn = false } = options;
  const { output } = stage.definition as TracedDefinition;
  const isTraining = of === undefined && (output === "gradients" || output === "update");
  if (of !== undefined && standsIn) {
    if (replaced.has(of.path)) {
      throw new RangeError(`Cannot let two variables stand in for "${of.path}"`);
    }
    replaced.add(of.path);
  }
  return make([name, ...(of === undefined ? [] : [of.path])].join("."), {
    spec: { shape, dtype: "f32" },
    role: isTraining ? "progress" : "state",
    ...(of === undefined ? {} : { of: of.path }),
    ...(standsIn ? { standsIn } : {}),
    initialize: standsIn && of !== undefined
      ? of.initialize
      : () => new Float32Array(sizeOf(shape)).fill(value),
  });
}

/** Those of some stages that none of them reads. */
export function unreadStages(stages: readonly ResolvedStage[]): ResolvedStage[] {
  const read = new Set(
    stages.flatMap(({ inputs }) => Object.values(inputs).map(({ stage }) => stage)),
  );
  return stages.filter(({ path }) => !read.has(path));
}

/** Sets parameters to their new values after the step. */
export function applyUpdate({ parameters, ...timing }: TracedUpdate): void {
  for (const { parameter, value } of parameters) {
    value.builder.update(parameter, whenDue(timing, value, parameter.value));
  }
}

/**
 * Numbers that the end of an epoch sets anew, as scalars in a graph. They are one variable, so that
 * those which no op reads are kept as well.
 *
 * @param found Where they are noted.
 */
export function epochNumbers(
  builder: GraphBuilder,
  { stage, found }: { readonly stage: string; readonly found: EpochNumbers[] },
): ScheduleContext["eachEpoch"] {
  return (name, rule) => {
    const path = `${stage}.${name}`;
    const entries = Object.entries<number>(rule.initial);
    const { value } = builder.variable(path, {
      spec: { shape: [entries.length], dtype: "f32" },
      role: "progress",
      initialize: () => Float32Array.from(entries, ([, first]) => first),
    });
    found.push({ path, rule: rule as EpochRule });
    const scalars = entries.map(([name], i) =>
      [name, reshape(slice(value, { start: [i], sizes: [1] }), [])] as const
    );
    return Object.fromEntries(scalars) as ReturnType<ScheduleContext["eachEpoch"]>;
  };
}

/** An issue for each score that is read at the end of an epoch and that there is not. */
export function unknownScores(
  numbers: readonly EpochNumbers[],
  scores: readonly string[],
): Issue[] {
  return numbers.flatMap(({ path, rule }) =>
    rule.scores.filter((score) => !scores.includes(score)).map((score) => {
      const nearest = nearestName(score, scores);
      return {
        code: "score",
        path,
        message: `Cannot watch "${score}": the pipeline has no loss or metric of that name`,
        hint: nearest === undefined
          ? `its losses and metrics: ${scores.join(", ")}`
          : `did you mean "${nearest}"?`,
      };
    })
  );
}
