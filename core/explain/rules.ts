/**
 * Words for a step of the reverse walk: which rule of differentiation it is, read from the kinds of
 * the ops that a value goes into.
 *
 * @module
 */
import { sizeOf } from "../tensor/mod.ts";
import { type Graph, type Node, sourceNode, type Value } from "../graph/mod.ts";
import type { Cotangent } from "../differentiate/mod.ts";
import { withoutFactor } from "./algebra.ts";
import { render } from "./expression.ts";
import { isLinear } from "./names.ts";
import { isSeenThrough, type Notation, seeThrough } from "./notation.ts";

/** The longest formula that words repeat. */
const longest = 50;

/** Where a value goes on its way to the loss. */
interface Route {
  /** The nodes that change it on the way; none where it goes in as it is. */
  readonly steps: readonly Node[];
  /** The next value that has a name. */
  readonly into: Value;
}

/** Finds words for gradients. */
export class Rules {
  readonly #gradients = new Map<Value, Map<Value, Value>>();
  readonly #readers = new Map<Value, Node[]>();
  readonly notation: Notation;

  constructor(
    graph: Graph,
    { notation, cotangents }: {
      readonly notation: Notation;
      readonly cotangents: readonly Cotangent[];
    },
  ) {
    this.notation = notation;
    for (const { loss, of, value } of cotangents) {
      if (!this.#gradients.has(loss)) this.#gradients.set(loss, new Map());
      this.#gradients.get(loss)!.set(of, value);
    }
    for (const node of graph.nodes) {
      if (node.backward) continue;
      for (const input of new Set(node.inputs)) {
        this.#readers.set(input, [...this.#readers.get(input) ?? [], node]);
      }
    }
  }

  /** Which rule gives the gradient of a loss by a value. */
  words({ loss, of, value }: Cotangent): string {
    if (of === loss) return "the walk begins at the loss: it changes with itself one to one";
    const routes = this.#routes(loss, of, []);
    const targets = [...new Set(routes.map(({ into }) => this.#name(into)))];
    if (targets.length > 1) {
      return `sum rule: ${this.#name(of)} goes into ${
        listText(targets)
      }, and what comes back adds up`;
    }
    const [route] = routes;
    if (route === undefined) return "";
    if (routes.length > 1 || route.steps.length > 1) {
      const whole = this.notation.text(route.into);
      return `chain rule: the derivative of ${whole.length > longest ? targets[0] : whole} ` +
        `by ${this.#name(of)}`;
    }
    const [node] = route.steps;
    if (node === undefined) {
      return `${this.#name(of)} goes into ${targets[0]} one to one, so its gradient is the same`;
    }
    const { into } = route;
    const behind = this.#name(this.#gradients.get(loss)!.get(into)!);
    return this.#oneStep(node, { of, value, into, behind });
  }

  #oneStep(
    node: Node,
    { of, value, into, behind }: {
      readonly of: Value;
      readonly value: Value;
      readonly into: Value;
      /** The gradient by `into`, as it is written. */
      readonly behind: string;
    },
  ): string {
    const name = this.#name(of);
    switch (node.op.kind) {
      case "contraction": {
        const isSameKind = sourceNode(value)?.op === node.op;
        const rule = isSameKind
          ? `the other factor, transposed, times ${behind}`
          : `from ${behind}`;
        return `product rule: ${this.#name(into)} holds ${
          this.notation.text(node.output)
        }; ${rule}`;
      }
      case "reduction":
        return node.op.operator === "add"
          ? `each term of a sum gets the gradient of the sum`
          : `the gradient goes to the elements that the ${node.op.operator} is made of`;
      case "elementwise":
        return isRepeated(of, node)
          ? `sum rule: ${repetition(name, value)}`
          : isLinear(node, node.inputs.findIndex((input) => this.#shown(input) === of))
          ? `chain rule: ${behind} times what ${name} is multiplied by`
          : `chain rule: ${behind} times the slope of ${this.#curve(node)}` +
            this.#slope(value, behind);
      default:
        return `chain rule, through ${node.op.name}`;
    }
  }

  /** The function that a node applies: `sigmoid at z`. */
  #curve(node: Node): string {
    return node.inputs.length === 1
      ? `${node.op.name} at ${render(this.notation.use(node.inputs[0]!))}`
      : node.op.name;
  }

  /** What the gradient behind is multiplied by. */
  #slope(value: Value, behind: string): string {
    const slope = withoutFactor(this.notation.definition(value), behind);
    return slope === undefined ? "" : `, which is ${render(slope)}`;
  }

  /** The routes from a value to the next values that have a name, through nodes that change it. */
  #routes(loss: Value, from: Value, steps: readonly Node[]): Route[] {
    const gradients = this.#gradients.get(loss)!;
    const readers = this.#readers.get(from) ?? [];
    return readers.flatMap((node) => {
      const gradient = gradients.get(node.output);
      if (gradient === undefined) return [];
      const isUnchanged = isSeenThrough(node) ||
        bare(gradient) === bare(gradients.get(from)!);
      const passed = isUnchanged ? steps : [...steps, node];
      return this.notation.names.has(node.output)
        ? [{ steps: passed, into: node.output }]
        : this.#routes(loss, node.output, passed);
    });
  }

  #shown(value: Value): Value {
    return seeThrough(value, (at) => this.notation.names.has(at));
  }

  #name(value: Value): string {
    return render(this.notation.use(value));
  }
}

/** A value without what leaves its elements as they are. */
function bare(value: Value): Value {
  return seeThrough(value, () => false);
}

/** Along what an operand was repeated: the axes that its gradient is summed over. */
function repetition(name: string, gradient: Value): string {
  const node = sourceNode(bare(gradient));
  const [input] = node?.inputs ?? [];
  const axes = node?.op.kind === "reduction" && input !== undefined
    ? node.op.axes(input.spec, node.params).filter((axis) => input.spec.shape[axis] !== 1)
    : [];
  return axes.join() === "0"
    ? `every example uses the same ${name}, so its gradient is summed over them`
    : `${name} is used in several places, so its gradient is summed over them`;
}

/** Tells whether an elementwise node repeats an operand along an axis. */
function isRepeated(operand: Value, { output }: Node): boolean {
  return sizeOf(operand.spec.shape) < sizeOf(output.spec.shape);
}

function listText(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
