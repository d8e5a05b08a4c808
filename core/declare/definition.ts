/**
 * What the definitions of all kinds of stages have in common.
 *
 * @module
 */
import type { DType } from "../tensor/mod.ts";
import type { PortKind } from "./handles.ts";
import type { Schema } from "./schema.ts";

/** The families of stages. */
export type Family =
  | "loader"
  | "transform"
  | "layer"
  | "loss"
  | "backward"
  | "optimizer"
  | "metric";

/** What all definitions have. */
export interface DefinitionBase<Options, Config> {
  /** Name of the kind of stage, as `"dense"`; a stage without a key is named after it. */
  readonly name: string;
  /** What the stage is for: the part it plays in a pipeline. */
  readonly family: Family;
  /** The one source of defaults, limits and messages. */
  readonly config: Schema<Options, Config>;
  /** The mathematics in one line, for `explain`: `"y = x · weight + bias"`. */
  readonly formula?: string;
}

/** What an input port takes. */
export interface InputPort<K extends PortKind = PortKind> {
  /** What must flow into it. */
  readonly kind: K;
  /** Element types taken; every type when absent. */
  readonly dtypes?: readonly DType[];
  /** Number of axes, the batch included; any when absent. */
  readonly rank?: number;
  /** That it takes text alone; absent: tensors of any meaning. */
  readonly encoding?: "utf-8";
  /** Whether the port may stay unconnected. */
  readonly optional?: boolean;
  /**
   * Whether the port takes any number of handles, given as an array: they are connected as `x1`, `x2`
   * and so on, and `build` gets an array.
   */
  readonly variadic?: boolean;
}
