/**
 * State that a stage keeps for each parameter, or once for all of them, and that changes only when an
 * update is due.
 *
 * @module
 */
import type { Value, Variable } from "../graph/mod.ts";
import { where } from "../ops/mod.ts";
import type { BuildContext, UpdateTiming } from "./stage.ts";

/** First value of each piece of a parameter's state, by name; `undefined` where there is none. */
export type StateValues = Readonly<Record<string, number | undefined>>;

/** The state of one parameter, which has the parameter's shape. */
export type State<S extends StateValues> = {
  readonly [name in keyof S]: undefined extends S[name] ? Value | undefined : Value;
};

/** What may be kept, and when it changes. */
interface Keeping {
  readonly context: BuildContext<unknown>;
  readonly timing: UpdateTiming;
}

/**
 * Keeps pieces of state: gives `update` what they are, and sets them to what it gives.
 *
 * @param first Their first values, by name.
 * @param of The parameter that they belong to and have the shape of; scalars when absent.
 * @returns What `update` gave.
 */
export function keepState<S extends StateValues, R extends { readonly state: State<S> }>(
  first: S,
  { context, timing, of }: Keeping & { readonly of?: Variable },
  update: (state: State<S>) => R,
): R {
  const slots = Object.entries(first).flatMap(([name, value]) =>
    value === undefined ? [] : [
      [
        name,
        context.state(name, {
          shape: of?.spec.shape ?? [],
          value,
          ...(of === undefined ? {} : { of }),
        }),
      ] as const,
    ]
  );
  const state = Object.fromEntries(slots.map(([name, slot]) => [name, slot.value]));
  const result = update(state as State<S>);
  const next: Readonly<Record<string, Value | undefined>> = result.state;
  for (const [name, slot] of slots) {
    context.update(slot, whenDue(timing, next[name]!, slot.value));
  }
  return result;
}

/** A value where an update is due, else what it was. */
export function whenDue({ isDue }: UpdateTiming, value: Value, before: Value): Value {
  return isDue === undefined ? value : where(isDue, value, before);
}
