/**
 * Weights of examples by their classes.
 *
 * @module
 */
import { formatAmount } from "../format.ts";
import type { Value } from "../graph/mod.ts";
import { cast, constantLike, less, mul, where } from "../ops/mod.ts";
import type { TracedLabels } from "./stage.ts";

/**
 * Multiplies the loss of each example, `[batch]`, by the weight of its class.
 *
 * The weights are constants of the graph, found by halving the range of classes: a chain of choices
 * that fuses with the product.
 *
 * @throws {TypeError} When there are no labels, or not a weight for each of their classes.
 */
export function weighByClass(
  losses: Value,
  { labels, weights }: {
    readonly labels: TracedLabels | undefined;
    readonly weights: readonly number[];
  },
): Value {
  if (labels === undefined) {
    throw new TypeError(
      'Cannot weight the classes: "labels" is not connected; give labels, or drop classWeights',
    );
  }
  if (weights.length !== labels.classes) {
    throw new TypeError(
      `Cannot weight the classes: received ${formatAmount(weights.length, "weight")}, ` +
        `expected ${labels.classes}, one for each class`,
    );
  }
  const classes = cast(labels.value, "i32");
  const choose = (first: number, end: number): Value => {
    const weight = weights[first]!;
    if (weights.slice(first, end).every((other) => other === weight)) {
      return constantLike(losses, weight);
    }
    const middle = (first + end) >> 1;
    return where(less(classes, middle), choose(first, middle), choose(middle, end));
  };
  return mul(losses, choose(0, weights.length));
}
