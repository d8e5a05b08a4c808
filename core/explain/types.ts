/**
 * An explanation as data: what `explain` prints, and `--json` gives.
 *
 * @module
 */
import type { Shape, TensorSpec } from "../tensor/mod.ts";
import type { Overrides } from "../check/mod.ts";

/** What is explained, and how. */
export interface ExplainOptions {
  /** Only what belongs to this stage, or to a stage inside it. */
  readonly stage?: string;
  /** Whether each equation is followed by its numbers, in the first step of training. */
  readonly numbers?: boolean;
  /**
   * Number of examples. With numbers the default is 1, or the whole training split where that is a
   * single small batch; without, the pipeline's batch size.
   */
  readonly rows?: number;
  /** Configuration by path, as `{ "optimizer.learningRate": 0.01 }`. */
  readonly set?: Overrides;
}

/** A pipeline, explained. */
export interface Explanation {
  /** Name of the pipeline. */
  readonly pipeline: string;
  /** Number of examples that the equations are about. */
  readonly rows: number;
  /** Number of examples of a training step. */
  readonly batchSize: number;
  /** Number of examples of the training split; `null` without numbers, for no data is read. */
  readonly trainingRows: number | null;
  /** Seed of the initial parameters. */
  readonly seed: number;
  /** What the signs mean that the equations are written with. */
  readonly signs: readonly string[];
  /** In the order in which a learner reads. */
  readonly sections: readonly ExplanationSection[];
}

/** A part of an explanation. */
export interface ExplanationSection {
  /** `"Forward"`, `"Backward"`, … */
  readonly title: string;
  /** A block per stage, in the pipeline's order; backward, in the order of the walk. */
  readonly blocks: readonly ExplanationBlock[];
}

/** What belongs to one stage. */
export interface ExplanationBlock {
  /** Path of the stage; empty where a block belongs to none. */
  readonly stage: string;
  /** Kind of stage, as `"dense"`, or a title. */
  readonly kind: string;
  /** The mathematics of that kind of stage, in one line. */
  readonly formula: string | null;
  /** What the names of the formula are in this pipeline: `"x = inputs"`, `"activation = sigmoid"`. */
  readonly where: readonly string[];
  /** In the order in which they are computed. */
  readonly equations: readonly Equation[];
  /** The numbers of parameters before and after the step. */
  readonly tables: readonly UpdateTable[];
}

/** An equation, or with no right side a value that is given. */
export interface Equation {
  /** The name of the value. */
  readonly left: string;
  /** What it is made of; `null` where it is given. */
  readonly right: string | null;
  /** Shape and element type; `null` where they depend on what the equation is applied to. */
  readonly spec: TensorSpec | null;
  /** What there is to say about it: which rule it follows, what a function is. */
  readonly words: readonly string[];
  /** The elements, where numbers are wanted and there are any. */
  readonly numbers: SampledNumbers | null;
}

/** Tensors of one shape, side by side. */
export interface UpdateTable {
  /** Name of the parameter. */
  readonly name: string;
  /** Shape of the parameter, and of each column. */
  readonly shape: Shape;
  /** By their names in the optimizer's rule: `p`, `g`, its state, and after the step `p′`. */
  readonly columns: readonly { readonly name: string; readonly numbers: SampledNumbers }[];
}

/** The elements of a tensor, row-major; of a large one only the first. */
export interface SampledNumbers {
  /** Number of elements of the tensor. */
  readonly count: number;
  /** All of them, or the first. */
  readonly elements: readonly number[];
  /** The smallest of all. */
  readonly least: number;
  /** The largest of all. */
  readonly greatest: number;
}
