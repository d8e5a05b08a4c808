/**
 * Scaling of losses, for training whose cotangents are stored in 16 bits: there, numbers below 6·10⁻⁸
 * are 0, as many cotangents are. So every loss is differentiated as if it were multiplied by a scale,
 * and gradients are divided by it, both exactly, since it is a power of 2.
 *
 * The scale is as large as cotangents allow. Where one exceeds the 65,504 that 16 bits hold, gradients
 * are infinite or NaN: then nothing that the step would change is changed, and the scale is halved.
 * After 2,000 steps without that it is doubled. Scale and counts are variables, which checkpoints save.
 *
 * A step that changes nothing counts as none, for schedules and for the bias correction of Adam and the
 * like, as in Keras's `LossScaleOptimizer`.
 *
 * Differs: from PyTorch's `GradScaler`, whose first scale and 2,000 steps these are: the scale is 2²⁴ at
 * most; at scale 1 training ends, where PyTorch would go on to smaller ones; and schedules, which PyTorch's
 * users advance themselves, stand still while steps are skipped.
 *
 * Source: Micikevicius et al., "Mixed Precision Training", 2018, https://arxiv.org/abs/1710.03740
 *
 * @module
 */
import type { GraphBuilder, Value, Variable } from "../graph/mod.ts";
import {
  abs,
  add,
  div,
  equal,
  less,
  lessEqual,
  maximum,
  minimum,
  mul,
  reduceMin,
  reshape,
  sub,
  where,
} from "../ops/mod.ts";

/** What begins the paths of its variables, and the name of its output: no stage's does. */
const prefix = "millrace.lossScale/";
/** The scale at first. */
const firstScale = 2 ** 16;
/** The largest scale: its inverse times any gradient worth having is no subnormal number. */
const mostScale = 2 ** 24;
/** Steps in a row without overflow after which the scale is doubled. */
const stepsToDouble = 2000;
/**
 * Where gradients count as infinite: the comparison holds for NaN and infinity also where compilers of
 * shaders take it that there are none.
 */
const infinite = 2 ** 120;

/** The graph's output that tells how a step went: a `StepOutcome`. */
export const outcomeOutput = `${prefix}outcome`;
/** Path of the variable that counts the steps that were skipped. */
export const skippedVariable = `${prefix}skipped`;

/** How a step with a scaled loss went. */
export const StepOutcome = {
  /** Variables have new values. */
  applied: 0,
  /** A gradient was not finite: nothing was changed but the scale. */
  skipped: 1,
  /** The same at scale 1: no scale helps. */
  diverged: 2,
} as const;

/** First values of the variables. */
const variables = { scale: firstScale, goodSteps: 0, skipped: 0 } as const;

/** The variables of a graph whose losses are scaled. */
export function lossScaleVariables(): readonly Omit<Variable, "value">[] {
  return Object.entries(variables).map(([name, first]) => ({
    path: `${prefix}${name}`,
    spec: { shape: [], dtype: "f32" },
    role: "progress",
    initialize: () => Float32Array.of(first),
  }));
}

/** The scale of the losses of one graph. */
export class LossScale {
  readonly #builder: GraphBuilder;
  readonly #variables: Readonly<Record<keyof typeof variables, Variable>>;
  /** 1 / scale: made before the gradients, so that their kernels can multiply by it. */
  readonly #inverse: Value;
  /** Whether all gradients so far are finite: f32, 1 or 0. */
  #isFinite: Value | undefined;

  /** Makes the variables in a graph under construction. */
  constructor(builder: GraphBuilder) {
    this.#builder = builder;
    const [scale, goodSteps, skipped] = lossScaleVariables().map(({ path, ...options }) =>
      builder.variable(path, options)
    );
    this.#variables = { scale: scale!, goodSteps: goodSteps!, skipped: skipped! };
    this.#inverse = div(1, scale!.value);
  }

  /** The cotangent that the reverse walk of a loss begins with. */
  get seed(): Value {
    return this.#variables.scale.value;
  }

  /** The gradient, from that of the scaled loss. */
  unscale(scaled: Value): Value {
    const gradient = mul(scaled, this.#inverse);
    const masks = less(abs(gradient), infinite);
    const axes = masks.spec.shape.map((_, axis) => axis);
    const isFinite = axes.length === 0 ? masks : reshape(reduceMin(masks, { axes }), []);
    this.#isFinite = this.#isFinite === undefined ? isFinite : mul(this.#isFinite, isFinite);
    return gradient;
  }

  /** The number of a step among those that are applied. */
  applied(step: Value): Value {
    return sub(step, this.#variables.skipped.value);
  }

  /** What a variable is set to: its new value, or the old one where a gradient is not finite. */
  guard(before: Value, after: Value): Value {
    return this.#isFinite === undefined ? after : where(this.#isFinite, after, before);
  }

  /** Sets scale and counts, and tells how the step went. */
  finish(): void {
    if (this.#isFinite === undefined) return;
    const isGood = this.#isFinite;
    const { scale, goodSteps, skipped } = this.#variables;
    const next = add(goodSteps.value, 1);
    const isDue = equal(next, stepsToDouble);
    const raised = where(isDue, minimum(mul(scale.value, 2), mostScale), scale.value);
    const builder = this.#builder;
    builder.update(scale, where(isGood, raised, maximum(mul(scale.value, 0.5), 1)));
    builder.update(goodSteps, where(isGood, where(isDue, 0, next), 0));
    builder.update(skipped, add(skipped.value, sub(1, isGood)));
    const { applied, skipped: isSkipped, diverged } = StepOutcome;
    const outcome = add(mul(lessEqual(scale.value, 1), diverged - isSkipped), isSkipped);
    builder.output(outcomeOutput, where(isGood, applied, outcome));
  }
}
