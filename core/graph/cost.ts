/**
 * What expressions cost to compute, in instructions for about as many elements: what planners and
 * devices weigh by. A function that devices approximate by a polynomial counts as its steps.
 *
 * @module
 */
import { partsOf, type Scalar } from "./scalar.ts";

/** Instructions of expressions: a part that is shared counts once. */
export function costOf(expressions: readonly Scalar[]): number {
  const seen = new Set<Scalar>();
  const visit = (part: Scalar): number => {
    if (seen.has(part)) return 0;
    seen.add(part);
    return partsOf(part).reduce((sum, inner) => sum + visit(inner), ownCost(part));
  };
  return expressions.reduce((sum, expression) => sum + visit(expression), 0);
}

/** Instructions of an expression's last operation, its parts known; reading costs none. */
export function ownCost(expression: Scalar): number {
  switch (expression.kind) {
    case "unary":
      return approximated.has(expression.operator) ? 25 : 1;
    case "binary":
      return expression.operator === "pow" ? 60 : 1;
    case "select":
    case "cast":
      return 1;
    default:
      return 0;
  }
}

const approximated: ReadonlySet<string> = new Set(["exp", "log", "tanh", "sin", "cos", "erf"]);
