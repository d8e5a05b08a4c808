/**
 * What a step does to the parameters: an optimizer's rule written once with `p` for a parameter and
 * `g` for its gradient, and to which parameters it applies.
 *
 * @module
 */
import type { Graph, Value, Variable } from "../graph/mod.ts";
import type { StageFlow } from "../check/mod.ts";
import type { Notation } from "./notation.ts";

/** A rule of an optimizer. */
export interface UpdateRule {
  /** In the order in which they are computed: state, then the parameter. */
  readonly lines: readonly { readonly left: string; readonly right: string }[];
  readonly applies: readonly AppliedUpdate[];
}

/** A parameter that a rule is applied to, with the values that the names of the rule stand for. */
export interface AppliedUpdate {
  readonly parameter: Variable;
  readonly gradient: Value;
  readonly values: readonly { readonly name: string; readonly value: Value }[];
}

/** The rules by which an optimizer's parameters are updated; one, where they are all treated alike. */
export function updateRules(
  graph: Graph,
  { gradients, optimizer, notation }: {
    /** What flows into the optimizer. */
    readonly gradients: readonly StageFlow[];
    /** Path of its stage. */
    readonly optimizer: string;
    readonly notation: Notation;
  },
): readonly UpdateRule[] {
  const rules = new Map<string, { lines: UpdateRule["lines"]; applies: AppliedUpdate[] }>();
  for (const { parameter, value: gradient } of gradients) {
    const update = graph.updates.find(({ variable }) => variable.path === parameter);
    if (update === undefined) continue;
    const { variable } = update;
    const slots = graph.variables.filter(({ of }) => of === variable.path).map((slot) => ({
      name: slotName(slot, optimizer),
      value: slot.value,
      next: graph.updates.find((other) => other.variable.path === slot.path)?.value,
    }));
    const before = [
      { name: "p", value: variable.value },
      { name: "g", value: gradient },
      ...slots.map(({ name, value }) => ({ name, value })),
    ];
    const after = slots.flatMap(({ name, next }) =>
      next === undefined ? [] : [{ name: `${name}′`, value: next }]
    );
    const names = [...before, ...after].map(({ name, value }) => [value, name] as const);
    const local = notation.with(new Map(names));
    const results = [...after, { name: "p′", value: update.value }];
    const lines = results.map(({ name, value }) => ({ left: name, right: local.text(value) }));
    const applied = { parameter: variable, gradient, values: [...before, ...results] };
    const key = lines.map(({ left, right }) => `${left} = ${right}`).join("\n");
    const known = rules.get(key);
    if (known === undefined) rules.set(key, { lines, applies: [applied] });
    else known.applies.push(applied);
  }
  return [...rules.values()];
}

/** `"m"` of the variable `"optimizer.m.logits.dense1.weight"`. */
function slotName({ path, of }: Variable, optimizer: string): string {
  const inner = path.startsWith(`${optimizer}.`) ? path.slice(optimizer.length + 1) : path;
  return of !== undefined && inner.endsWith(`.${of}`) ? inner.slice(0, -of.length - 1) : inner;
}
