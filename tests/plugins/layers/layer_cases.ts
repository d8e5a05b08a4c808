/**
 * The golden cases of layers, read once: what a layer is made of, and what it gives.
 *
 * @module
 */
import * as layers from "../../../plugins/layers/mod.ts";
import type { Numbers } from "../../support/build_stage.ts";
import { readGolden } from "../../golden/golden.ts";

/** What PyTorch computed of a layer. */
export interface LayerCase {
  readonly name: string;
  /** Name of the function that makes the layer, and what it is given. */
  readonly layer: string;
  readonly arguments: readonly unknown[];
  /** Whether the layer is built as it evaluates and predicts. */
  readonly inference?: boolean;
  readonly x: Numbers;
  readonly parameters: Readonly<Record<string, Numbers>>;
  /** First contents of its state. */
  readonly state?: Readonly<Record<string, Numbers>>;
  readonly output: Numbers;
  readonly cotangent: Numbers;
  readonly gradients: Readonly<Record<string, Numbers>>;
  /** Its state after each of some steps, between which x becomes `1 - x/2`. */
  readonly running?: readonly Readonly<Record<string, Numbers>>[];
}

/** All of them. */
export const layerCases: readonly LayerCase[] = [
  ...await readGolden<LayerCase>("layers"),
  ...await readGolden<LayerCase>("normalizations"),
];

/** Makes the layer of a case. */
export function madeLayer({ layer, arguments: given }: LayerCase): unknown {
  const make = layers[layer as keyof typeof layers] as (...options: unknown[]) => unknown;
  return make(...given);
}
