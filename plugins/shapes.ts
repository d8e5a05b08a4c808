/**
 * Checks of shapes that losses and metrics make. Targets are never broadcast.
 *
 * @module
 */
import { formatSpec, sameShape, type TracedLabels, type Value } from "../core/mod.ts";

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
