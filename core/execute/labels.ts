/**
 * The check of class numbers as they are read: ops trust them, and a loader may be anybody's.
 *
 * @module
 */
import { PipelineError } from "../errors.ts";
import type { Elements } from "../tensor/mod.ts";
import type { Wire } from "../declare/mod.ts";
import type { CheckedPipeline, DataInput, ResolvedStage } from "../check/mod.ts";

/** A label column, and how many classes it may speak of. */
export interface LabelColumn extends Wire {
  readonly classes: number;
}

/** The label columns that a program or a host stage reads. Others may hold anything. */
export function labelsRead(
  { ports }: CheckedPipeline,
  { inputs, hosts }: {
    readonly inputs: readonly DataInput[];
    readonly hosts: readonly ResolvedStage[];
  },
): LabelColumn[] {
  const wires = [...inputs, ...hosts.flatMap((stage) => Object.values(stage.inputs))];
  const read = new Map(wires.map(({ stage, port }) => [`${stage}.${port}`, { stage, port }]));
  return [...read.values()].flatMap((wire) => {
    const data = ports.get(wire.stage)![wire.port]!;
    return data.kind === "labels" ? [{ ...wire, classes: data.classes }] : [];
  });
}

/**
 * Checks the class numbers of a batch.
 *
 * @throws {PipelineError} At one that is no whole number from 0 to `classes - 1`.
 */
export function requireClasses(
  labels: Elements,
  { column: { stage, port, classes }, rows }: {
    readonly column: LabelColumn;
    /** Row numbers of the batch. */
    readonly rows: Uint32Array;
  },
): void {
  for (let i = 0; i < rows.length; i++) {
    const label = labels[i]!;
    if ((label | 0) === label && label >= 0 && label < classes) continue;
    throw new PipelineError([{
      code: "labels",
      path: `${stage}.${port}`,
      message: `Cannot use the label of data row ${rows[i]! + 1}`,
      received: String(label),
      expected: `0 to ${classes - 1}`,
      hint: "correct the data, or the number of classes that the stage gives",
    }]);
  }
}
