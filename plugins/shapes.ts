/**
 * Checks of shapes that losses and metrics make. Targets are never broadcast.
 *
 * @module
 */
import { formatSpec, ops, sameShape, type TracedLabels, type Value } from "../core/mod.ts";

/**
 * Demands two values of one shape, named as the ports they came by.
 *
 * @throws {TypeError} When the shapes differ.
 */
export function requireSameShape(pair: Readonly<Record<string, Value>>): void {
  const [[firstName, first], [secondName, second]] = Object.entries(pair) as [
    [string, Value],
    [string, Value],
  ];
  if (!sameShape(first.spec.shape, second.spec.shape)) {
    throw new TypeError(
      `Cannot compare "${secondName}" with "${firstName}": received ${formatSpec(second.spec)}, ` +
        `expected ${formatSpec(first.spec)}`,
    );
  }
}

/** Whether there is one score per example, `[batch]` or `[batch, 1]`, and not one for each class. */
export function isOneScore(scores: Value, { classes }: TracedLabels): boolean {
  const { shape } = scores.spec;
  return classes === 2 && (shape.length === 1 || shape.length === 2 && shape[1] === 1);
}

/**
 * Demands one score per example, `[batch]` or `[batch, 1]`, and labels of two classes.
 *
 * @returns The scores as `[batch]`.
 * @throws {TypeError} When there are more scores, or other classes.
 */
export function requireBinaryScores(name: string, scores: Value, labels: TracedLabels): Value {
  if (labels.classes !== 2) {
    throw new TypeError(
      `Cannot compare "${name}" with labels of ${labels.classes} classes: expected labels of 2`,
    );
  }
  const rows = labels.value.spec.shape;
  if (sameShape(scores.spec.shape, rows)) return scores;
  if (sameShape(scores.spec.shape, [...rows, 1])) return ops.reshape(scores, rows);
  throw new TypeError(
    `Cannot compare "${name}" with labels of 2 classes: received ${
      formatSpec(scores.spec)
    }, expected one score per example, f32[${rows}, 1]`,
  );
}

/**
 * Demands that just one of two ports is connected.
 *
 * @throws {TypeError} When both are, or none.
 */
export function requireOneOf(ports: Readonly<Record<string, unknown>>): void {
  const [first, second] = Object.keys(ports);
  const connected = Object.values(ports).filter((value) => value !== undefined).length;
  if (connected === 1) return;
  throw new TypeError(
    connected === 0
      ? `Cannot compare with nothing: connect "${first}" or "${second}"`
      : `Cannot compare with both "${first}" and "${second}": connect one of them`,
  );
}

/**
 * Demands scores `[batch, classes]` that fit labels.
 *
 * @throws {TypeError} When there are not as many scores per row as classes, or not as many rows.
 */
export function requireScores(name: string, scores: Value, labels: TracedLabels): void {
  const wanted = [...labels.value.spec.shape, labels.classes];
  if (!sameShape(scores.spec.shape, wanted)) {
    throw new TypeError(
      `Cannot compare "${name}" with labels of ${labels.classes} classes: received ${
        formatSpec(scores.spec)
      }, expected ${formatSpec({ dtype: "f32", shape: wanted })}`,
    );
  }
}

/**
 * Demands two values of one shape with vectors along the last axis: `[batch, …, classes]`.
 *
 * @param axis What the last axis has, for the message.
 * @throws {TypeError} When the shapes differ, or have no such axis.
 */
export function requireVectors(
  pair: Readonly<Record<string, Value>>,
  axis: "classes" | "features",
): void {
  requireSameShape(pair);
  const [name, value] = Object.entries(pair)[0]!;
  if (value.spec.shape.length < 2) {
    throw new TypeError(
      `Cannot compare ${axis}: received "${name}" ${
        formatSpec(value.spec)
      }, expected f32[batch, …, ${axis}]`,
    );
  }
}
