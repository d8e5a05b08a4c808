/**
 * Random graphs, on which properties of plans are tested.
 *
 * @module
 */
import { assert } from "@std/assert";
import { GraphBuilder, ops, RandomStream, type Value } from "@millrace/millrace";

/** A random graph of elementwise ops, reductions, movement and products over a few small shapes. */
export function randomGraph(seed: number): GraphBuilder {
  const random = new RandomStream(seed, "graph");
  const builder = new GraphBuilder();
  const variable = (path: string, shape: number[]) =>
    builder.variable(path, {
      spec: { shape, dtype: "f32" },
      role: "parameter",
      initialize: () => new Float32Array(shape.reduce((a, b) => a * b, 1)),
    });
  const variables = [variable("a", [3, 5]), variable("b", [5]), variable("c", [3, 1])];
  const values: Value[] = [
    ...variables.map((entry) => entry.value),
    builder.input("x", { shape: [3, 5], dtype: "f32" }),
    builder.input("y", { shape: [5, 3], dtype: "f32" }),
  ];
  const pick = (wanted: (value: Value) => boolean = () => true): Value => {
    const known = values.filter(wanted);
    return known[random.below(known.length)]!;
  };
  const matrix = (value: Value) => value.spec.shape.length === 2;
  for (let i = 0; i < 24; i++) {
    try {
      values.push(
        [
          () => ops.add(pick(), pick()),
          () => ops.mul(pick(), pick()),
          () => ops.tanh(pick()),
          () => ops.relu(ops.sub(pick(), 0.1)),
          () => ops.reduceSum(pick(matrix), { axes: [random.below(2)], keepDims: true }),
          () => ops.reduceMax(pick(matrix), { axes: [1] }),
          () => ops.transpose(pick(matrix)),
          () => ops.reshape(pick(matrix), [-1]),
          () => ops.mean(pick()),
          () => ops.tanh(ops.matmul(pick(matrix), pick(matrix))),
        ][random.below(10)]!(),
      );
    } catch (error) {
      assert(error instanceof TypeError || error instanceof RangeError, String(error));
    }
  }
  for (let i = 0; i < 3; i++) builder.output(`out${i}`, pick());
  const loss = ops.mean(
    values.reduce((sum, value) => ops.add(sum, ops.mean(ops.tanh(value))), values[0]!),
  );
  builder.output("loss", loss);
  for (const entry of variables) {
    const step = ops.mul(ops.gradient(loss, entry.value), 0.1);
    builder.update(entry, ops.sub(entry.value, step));
  }
  return builder;
}
