/**
 * Random graphs, on which properties of plans are tested: every kind of op, over shapes that
 * broadcast and reshape into each other, with updates of variables by gradients, by other variables
 * and by what was computed.
 *
 * @module
 */
import {
  GraphBuilder,
  ops,
  RandomStream,
  type Shape,
  sizeOf,
  type Value,
} from "@millrace/millrace";

const shapes: readonly Shape[] = [[4, 6], [6], [4, 1], [1, 6], [6, 4], [24], [2, 2, 6], [1]];
const shapesOf24: readonly Shape[] = [[4, 6], [24], [6, 4], [2, 12], [2, 2, 6], [1, 24], [24, 1], [
  3,
  8,
]];

/** A random graph; the same for the same seed. */
export function randomGraph(seed: number): GraphBuilder {
  const random = new RandomStream(seed, "graph");
  const builder = new GraphBuilder();
  const spec = (shape: Shape) => ({ shape, dtype: "f32" as const });
  const variables = shapes.map((shape, i) =>
    builder.variable(`v${i}`, {
      spec: spec(shape),
      role: i % 2 === 0 ? "parameter" : "state",
      initialize: null,
    })
  );
  const values: Value[] = [
    ...variables.map((variable) => variable.value),
    builder.input("x", spec([4, 6])),
    builder.input("y", spec([24])),
  ];
  const pick = (wanted: (value: Value) => boolean = () => true): Value => {
    const known = values.filter(wanted);
    return known[random.below(known.length)]!;
  };
  const matrix = () => pick((value) => value.spec.shape.length === 2);
  const of24 = () => pick((value) => sizeOf(value.spec.shape) === 24);
  const shapeOf24 = () => shapesOf24[random.below(shapesOf24.length)]!;
  const makers: readonly (() => Value)[] = [
    () => ops.add(pick(), pick()),
    () => ops.mul(pick(), pick()),
    () => ops.sin(pick()),
    () => ops.tanh(pick()),
    () => ops.sin(ops.reshape(of24(), shapeOf24())),
    () => ops.reshape(of24(), shapeOf24()),
    () => ops.transpose(matrix()),
    () => ops.reduceSum(matrix(), { axes: [random.below(2)], keepDims: random.below(2) === 0 }),
    () => ops.reduceMax(matrix(), { axes: [random.below(2)] }),
    () => ops.tanh(ops.matmul(matrix(), matrix())),
    () => ops.where(ops.greater(pick(), 0.1), pick(), pick()),
    () => ops.mul(ops.less(pick(), 0.2), ops.lessEqual(pick(), 0.4)),
    () => ops.relu(pick()),
    () => ops.mul(ops.neg(pick()), -1),
    () => ops.div(pick(), 4),
    () => ops.cast(ops.cast(ops.greater(pick(), 0), "i32"), "f32"),
    () => ops.matmul(ops.transpose(matrix()), matrix()),
    () => ops.matmul(matrix(), ops.transpose(matrix())),
    () => {
      const shape = shapeOf24();
      return ops.iota(builder, { shape, axis: random.below(shape.length), dtype: "f32" });
    },
    () => ops.broadcastTo(pick(), [2, 2, 6]),
    () => {
      const shape = shapeOf24();
      const axis = random.below(shape.length);
      return ops.reduceSum(ops.tanh(ops.reshape(of24(), shape)), { axes: [axis] });
    },
    () => {
      const shape = shapeOf24();
      return ops.reduceMax(ops.reshape(ops.sin(of24()), shape), { axes: [shape.length - 1] });
    },
    () => ops.softmax(matrix()),
    () => ops.maximum(pick(), 0.2),
    () => {
      const value = matrix();
      const [rows, columns] = value.spec.shape as [number, number];
      const start = rows > 1 ? 1 : 0;
      return ops.slice(value, { start: [start, 0], sizes: [rows - start, columns] });
    },
    () => ops.pad(matrix(), { before: [1, 0], after: [0, 2] }),
    () => {
      const value = matrix();
      return ops.concatenate([value, value], { axis: random.below(2) });
    },
    () => {
      const value = matrix();
      const parts = [
        ops.sin(value),
        ops.matmul(ops.matmul(value, value, { transposeRhs: true }), value),
        ops.mul(ops.sin(pick((other) => other.spec.shape.join() === value.spec.shape.join())), 2),
      ];
      const rows = ops.concatenate(parts, { axis: random.below(2) });
      return ops.concatenate([rows, ops.mul(rows, 3)], { axis: random.below(2) });
    },
    () => {
      const indices = ops.iota(builder, { shape: [2, 2], axis: random.below(2), dtype: "i32" });
      return ops.gather(matrix(), indices, { axis: random.below(2), fillValue: 0.3 });
    },
    () => {
      const value = matrix();
      const axis = random.below(2);
      const numbers = ops.iota(builder, {
        shape: [value.spec.shape[axis]!],
        axis: 0,
        dtype: "u32",
      });
      return ops.scatterAdd(value, ops.mul(numbers, 2), { axis, size: 6 });
    },
  ];
  for (let i = 0; i < 40; i++) {
    try {
      values.push(makers[random.below(makers.length)]!());
    } catch (error) {
      // shapes picked at random often do not fit
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    }
  }
  for (let i = 0; i < 4; i++) builder.output(`out${i}`, pick());
  const loss = ops.mean(
    values.reduce((sum, value) => ops.add(sum, ops.mean(ops.tanh(value))), ops.mean(values[0]!)),
  );
  builder.output("loss", loss);
  for (const variable of variables) {
    const kind = random.below(4);
    const same = (value: Value) => value.spec.shape.join() === variable.spec.shape.join();
    if (kind === 0) builder.update(variable, pick(same));
    else if (kind < 3) {
      const step = ops.mul(ops.gradient(loss, variable.value), 0.1);
      builder.update(variable, ops.sub(variable.value, step));
    }
  }
  return builder;
}
