/**
 * Samples of every op: params, input shapes and how inputs are drawn, with a plain evaluation that
 * shares nothing with the op's own definition. The conformance suite runs over this table.
 *
 * @module
 */
import { contractionSamples } from "./contractions.ts";
import { conversionSamples } from "./conversions.ts";
import { elementwiseSamples } from "./elementwise.ts";
import { indexingSamples } from "./indexing.ts";
import { movementSamples } from "./movements.ts";
import { poolingSamples } from "./poolings.ts";
import { reductionSamples } from "./reductions.ts";
import type { OpSample } from "./sample.ts";

export { drawInputs, type OpSample } from "./sample.ts";

/** Ops without samples, each with the reason. */
export const opsWithoutSamples: ReadonlyMap<string, string> = new Map([
  ["gradient", "it is symbolic: differentiate replaces it"],
]);

/** The samples of every op. */
export const opSamples: readonly OpSample[] = [
  ...elementwiseSamples,
  ...conversionSamples,
  ...reductionSamples,
  ...movementSamples,
  ...indexingSamples,
  ...contractionSamples,
  ...poolingSamples,
];
