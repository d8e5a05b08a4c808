/**
 * A graph evaluated node by node in float64: no plan, no fusion, no memory to share. Devices are
 * checked against it. On the way it checks each node's shape rule against the shape that comes out.
 *
 * @module
 */
import {
  broadcastShapes,
  rowMajorStrides,
  sameShape,
  type Shape,
  sizeOf,
} from "../../core/tensor/mod.ts";
import type { Graph, Node, ReduceOperator, Value } from "../../core/graph/mod.ts";
import { scalar } from "../../core/graph/mod.ts";
import { compileScalar } from "../../core/devices/reference/mod.ts";

/** Elements in float64, row-major. */
export interface Block {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** Evaluates a graph's outputs and updates (those by the variable's path), given its inputs and variables by name. */
export function evaluateGraph(
  graph: Graph,
  given: Readonly<Record<string, ArrayLike<number>>>,
): Record<string, Block> {
  const blocks = new Map<Value, Block>();
  const take = (name: string, value: Value) => {
    const data = given[name];
    if (data === undefined) throw new RangeError(`Cannot evaluate: "${name}" is not given`);
    if (data.length !== sizeOf(value.spec.shape)) {
      throw new RangeError(`Cannot evaluate: "${name}" has ${data.length} elements`);
    }
    blocks.set(value, { shape: value.spec.shape, data: Float64Array.from(data) });
  };
  for (const { name, value } of graph.inputs) take(name, value);
  for (const { path, value } of graph.variables) take(path, value);
  for (const node of graph.nodes) {
    const block = evaluateNode(node, node.inputs.map((input) => blocks.get(input)!));
    const { shape } = node.output.spec;
    if (!sameShape(block.shape, shape)) {
      throw new TypeError(`"${node.op.name}" infers [${shape}], and gives [${block.shape}]`);
    }
    blocks.set(node.output, block);
  }
  return Object.fromEntries([
    ...graph.outputs.map(({ name, value }) => [name, blocks.get(value)!]),
    ...graph.updates.map(({ variable, value }) => [variable.path, blocks.get(value)!]),
  ]);
}

function evaluateNode(node: Node, inputs: readonly Block[]): Block {
  const { op, params, output: { spec } } = node;
  switch (op.kind) {
    case "elementwise":
      return evaluateElementwise(node, inputs);
    case "reduction": {
      const [input] = inputs as [Block];
      return reduce(input, op.operator, op.axes(node.inputs[0]!.spec, params));
    }
    case "movement": {
      const [{ shape, data }] = inputs as [Block];
      const view = op.view({ shape, strides: rowMajorStrides(shape), offset: 0 }, params);
      if (view === null) throw new TypeError(`"${op.name}" gives no view of a row-major input`);
      return {
        shape: view.shape,
        data: Float64Array.from(
          { length: sizeOf(view.shape) },
          (_, i) => data[view.offset + dot(placeOf(i, view.shape), view.strides)]!,
        ),
      };
    }
    case "contraction":
    case "opaque": {
      // NaN beforehand, so that an element left out is seen
      const output = { shape: spec.shape, data: new Float64Array(sizeOf(spec.shape)).fill(NaN) };
      op.reference({ inputs, output, params });
      return output;
    }
    case "symbolic":
      throw new TypeError(`Cannot evaluate symbolic op "${op.name}"`);
  }
}

function evaluateElementwise(
  { op, inputs, params, output }: Node,
  blocks: readonly Block[],
): Block {
  if (op.kind !== "elementwise") throw new TypeError(`"${op.name}" is not elementwise`);
  // a generator's shape is known from its params alone, which only `infer` can read
  const shape = inputs.length > 0 && blocks.some((block) => block.shape.length > 0)
    ? broadcastShapes(...blocks.map((block) => block.shape))
    : output.spec.shape;
  const formula = op.formula(
    inputs.map((input, i) => scalar.load(i, scalar.scalarTypeOf(input.spec.dtype))),
    params,
  );
  const wanted = scalar.scalarTypeOf(output.spec.dtype);
  if (formula.type !== wanted) {
    throw new TypeError(`"${op.name}" has a formula of ${formula.type}, expected ${wanted}`);
  }
  const compute = compileScalar(formula);
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, position) => {
    const place = placeOf(position, shape);
    const loads = Float64Array.from(blocks, (block) => {
      const strides = rowMajorStrides(block.shape);
      const lead = shape.length - block.shape.length;
      return block.data[
        dot(place.slice(lead).map((at, axis) => block.shape[axis] === 1 ? 0 : at), strides)
      ]!;
    });
    return compute({ loads, anchor: NaN, index: Int32Array.from(place), position });
  });
  return { shape, data };
}

function reduce({ shape, data }: Block, operator: ReduceOperator, axes: readonly number[]): Block {
  const kept = shape.map((size, axis) => axes.includes(axis) ? 1 : size);
  const strides = rowMajorStrides(kept);
  const groups: number[][] = Array.from({ length: sizeOf(kept) }, () => []);
  for (const [i, element] of data.entries()) {
    const place = placeOf(i, shape).map((at, axis) => axes.includes(axis) ? 0 : at);
    groups[dot(place, strides)]!.push(element);
  }
  const combine: Record<ReduceOperator, (group: readonly number[]) => number> = {
    add: (group) => group.reduce((sum, element) => sum + element, 0),
    mul: (group) => group.reduce((product, element) => product * element, 1),
    max: (group) => Math.max(...group),
    min: (group) => Math.min(...group),
  };
  return { shape: kept, data: Float64Array.from(groups, combine[operator]) };
}

/** Coordinates of a row-major place. */
export function placeOf(position: number, shape: Shape): number[] {
  const strides = rowMajorStrides(shape);
  return shape.map((size, axis) => Math.floor(position / strides[axis]!) % size);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, factor, i) => sum + factor * b[i]!, 0);
}
