/**
 * Makes graphs: nodes are appended as ops are applied to values, each checked by the op's own shape
 * rule at once. Equal applications (same op, inputs and params) give the same value, so common
 * subexpressions never exist twice; params that are no plain data are equal to none.
 *
 * @module
 */
import { formatSpec, sizeOf, type TensorSpec } from "../tensor/mod.ts";
import type { Op } from "./op.ts";
import { paramsKey } from "./params_key.ts";
import type {
  Graph,
  GraphInput,
  GraphOutput,
  Node,
  Update,
  Value,
  ValueSource,
  Variable,
  VariableGradient,
  VariableRole,
} from "./types.ts";

/** What a new variable is made of. */
export interface VariableOptions {
  /** Shape and element type. */
  readonly spec: TensorSpec;
  /** What it is for. */
  readonly role: VariableRole;
  /** For optimizer state that belongs to a parameter: that parameter's path. */
  readonly of?: string;
  /** Whether that parameter is evaluated, predicted with and saved as this variable is. */
  readonly standsIn?: boolean;
  /** First contents from the run's seed, row-major; `null` for what a fit or a file must supply. */
  readonly initialize: ((seed: number) => Float32Array) | null;
}

/** A graph under construction. */
export class GraphBuilder {
  readonly #inputs = new Map<string, GraphInput>();
  readonly #variables = new Map<string, Variable>();
  readonly #nodes: Node[] = [];
  readonly #outputs = new Map<string, GraphOutput>();
  readonly #updates = new Map<string, Update>();
  readonly #gradients: VariableGradient[] = [];
  readonly #known = new Map<string, Value>();
  #nextId = 0;
  #path = "";
  #backward = false;

  /** Runs `build` with nodes attributed to a stage path. */
  at<T>(path: string, build: () => T, { backward = false }: { backward?: boolean } = {}): T {
    const [outerPath, outerBackward] = [this.#path, this.#backward];
    this.#path = path;
    this.#backward = backward;
    try {
      return build();
    } finally {
      this.#path = outerPath;
      this.#backward = outerBackward;
    }
  }

  /** The value of a fed input; the same one when the name is known. */
  input(name: string, spec: TensorSpec): Value {
    const known = this.#inputs.get(name);
    if (known !== undefined) return known.value;
    const value = this.#value(spec, { kind: "input", name });
    this.#inputs.set(name, { name, value });
    return value;
  }

  /**
   * A variable that lives on between steps.
   *
   * @throws {RangeError} When the path is taken.
   */
  variable(path: string, options: VariableOptions): Variable {
    if (this.#variables.has(path)) {
      throw new RangeError(`Cannot make variable "${path}": the path is taken`);
    }
    const value = this.#value(options.spec, { kind: "variable", path });
    const variable = { path, ...options, value };
    this.#variables.set(path, variable);
    return variable;
  }

  /** The variables made so far. */
  get variables(): readonly Variable[] {
    return [...this.#variables.values()];
  }

  /** Applies an op. Shapes are inferred now, and what does not fit throws. */
  apply<P>(op: Op<P>, inputs: readonly Value[], params: P): Value {
    for (const input of inputs) {
      if (input.builder !== this) {
        throw new TypeError(`Cannot apply "${op.name}": an input belongs to another graph`);
      }
    }
    return this.#applied(
      { op: op as Op, inputs, params },
      () => op.infer(inputs.map((value) => value.spec), params),
    );
  }

  /**
   * Applies the op of another graph's node to this graph's values of the same specs: what it gives is
   * known.
   */
  repeat({ op, params, output }: Node, inputs: readonly Value[]): Value {
    return this.#applied({ op, inputs, params }, () => output.spec);
  }

  #applied(
    { op, inputs, params }: Pick<Node, "op" | "inputs" | "params">,
    infer: () => TensorSpec,
  ): Value {
    let key = paramsKey(params);
    if (key !== undefined) {
      for (const input of inputs) key += ` ${input.id}`;
      key += ` ${op.name}`;
      const known = this.#known.get(key);
      if (known !== undefined && sourceNode(known)?.op === op) return known;
    }
    const source = { kind: "node", node: undefined as unknown as Node } as const;
    const output = this.#value(infer(), source);
    const node: Node = { op, inputs, params, output, path: this.#path, backward: this.#backward };
    (source as { node: Node }).node = node;
    this.#nodes.push(node);
    if (key !== undefined) this.#known.set(key, output);
    return output;
  }

  /** Names a value that is read after the step. */
  output(name: string, value: Value): void {
    this.#outputs.set(name, { name, value });
  }

  /**
   * Sets a variable's value after the step.
   *
   * @throws {RangeError} When the variable is updated already.
   * @throws {TypeError} When the shape or dtype differs.
   */
  update(variable: Variable, value: Value): void {
    if (this.#updates.has(variable.path)) {
      throw new RangeError(
        `Cannot update "${variable.path}" twice in one step: two optimizers hold it`,
      );
    }
    if (formatSpec(variable.spec) !== formatSpec(value.spec)) {
      throw new TypeError(
        `Cannot update "${variable.path}": received ${formatSpec(value.spec)}, ` +
          `expected ${formatSpec(variable.spec)}`,
      );
    }
    this.#updates.set(variable.path, { variable, value });
  }

  /** Notes that a value is the gradient by a variable; other values are not noted. */
  gradient(by: Value, value: Value): void {
    if (by.source.kind === "variable") this.#gradients.push({ of: by.source.path, value });
  }

  /** The graph made so far, without nodes that no output and no update needs. */
  build(name: string): Graph {
    const outputs = [...this.#outputs.values()];
    const updates = [...this.#updates.values()];
    const needed = new Set<Value>(outputs.map((output) => output.value));
    for (const update of updates) needed.add(update.value).add(update.variable.value);
    const nodes: Node[] = [];
    for (const node of this.#nodes.toReversed()) {
      if (!needed.has(node.output)) continue;
      for (const input of node.inputs) needed.add(input);
      nodes.push(node);
    }
    nodes.reverse();
    return {
      name,
      inputs: [...this.#inputs.values()].filter((input) => needed.has(input.value)),
      variables: [...this.#variables.values()].filter((variable) => needed.has(variable.value)),
      nodes,
      outputs,
      updates,
      gradients: this.#gradients.filter(({ of, value }) =>
        needed.has(value) && needed.has(this.#variables.get(of)!.value)
      ),
    };
  }

  #value(spec: TensorSpec, source: ValueSource): Value {
    for (const size of spec.shape) {
      if (Number.isInteger(size) && size >= 0) continue;
      throw new RangeError(
        `Cannot make a value of ${formatSpec(spec)}: received size ${size}, ` +
          "expected an integer of 0 or more",
      );
    }
    if (!Number.isSafeInteger(sizeOf(spec.shape))) {
      throw new RangeError(`Cannot make a value of ${formatSpec(spec)}: it is too large`);
    }
    return { id: this.#nextId++, spec, source, builder: this };
  }
}

/** The node that gives a value, or `undefined` for inputs and variables. */
export function sourceNode(value: Value): Node | undefined {
  return value.source.kind === "node" ? value.source.node : undefined;
}
