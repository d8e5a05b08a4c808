/**
 * How fast are normalizations, forward and with their gradients?
 *
 * @module
 */
import {
  batchNormalization,
  groupNormalization,
  layerNormalization,
  rmsNormalization,
} from "@millrace/millrace";
import { batchNormalizationLoops, groupNormalizationLoops } from "./loops/layers.ts";
import { type BenchCase, register } from "./support/case.ts";
import { layerCases } from "./support/layer.ts";

/** The cases. */
export const cases: readonly BenchCase[] = [
  ...layerCases("batchNormalization 16x16x16x32", {
    layer: batchNormalization(),
    x: [16, 16, 16, 32],
    ...batchNormalizationLoops(16 * 16 * 16, 32),
  }),
  ...layerCases("batchNormalization 128x256", {
    layer: batchNormalization(),
    x: [128, 256],
    ...batchNormalizationLoops(128, 256),
  }),
  ...layerCases("layerNormalization 512x256", {
    layer: layerNormalization(),
    x: [512, 256],
    ...groupNormalizationLoops({ batch: 512, width: 256, epsilon: 1e-3 }),
  }),
  ...layerCases("groupNormalization 16x16x16x32 in 8", {
    layer: groupNormalization({ groups: 8 }),
    x: [16, 16, 16, 32],
    ...groupNormalizationLoops({ batch: 16, pixels: 256, groups: 8, width: 4, epsilon: 1e-3 }),
  }),
  ...layerCases("rmsNormalization 512x256", {
    layer: rmsNormalization(),
    x: [512, 256],
    ...groupNormalizationLoops({ batch: 512, width: 256, epsilon: 1e-6, centers: false }),
  }),
];

await register(cases, import.meta);
