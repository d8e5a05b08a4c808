/**
 * Numbers that the end of an epoch sets anew: the state of a schedule that waits for the loss to
 * stop falling, for one. They are variables, so that a checkpoint has them.
 *
 * @module
 */
import { pipelineError } from "../errors.ts";
import type { HostTensor } from "../tensor/mod.ts";
import type { EpochNumbers } from "../check/mod.ts";
import { runStageCode } from "./stage_code.ts";
import type { Scores } from "./types.ts";

/**
 * The variables of such numbers as they are in the next epoch.
 *
 * @throws {PipelineError} When a rule throws, or gives a number that is none.
 */
export async function nextEpochNumbers(
  numbers: readonly EpochNumbers[],
  variables: Readonly<Record<string, HostTensor>>,
  scores: Scores,
): Promise<Record<string, HostTensor>> {
  const next: Record<string, HostTensor> = {};
  for (const { path, rule } of numbers) {
    const variable = variables[path]!;
    const names = Object.keys(rule.initial);
    const before = Object.fromEntries(names.map((name, i) => [name, variable.data[i]!]));
    const after = await runStageCode(
      { path, doing: "end the epoch" },
      () => rule.next(before, scores),
    );
    const wrong = names.find((name) => !Number.isFinite(after[name]));
    if (wrong !== undefined) {
      throw pipelineError({
        code: "stage",
        path: `${path}.${wrong}`,
        message: "Cannot end the epoch: the next value is no number",
        received: String(after[wrong]),
        expected: "a finite number",
      });
    }
    next[path] = { ...variable, data: Float32Array.from(names, (name) => after[name]!) };
  }
  return next;
}
