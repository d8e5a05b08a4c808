/**
 * Loaders.
 *
 * @module
 */
export {
  type ArrayColumns,
  type ArrayHandles,
  arrays,
  type ArraysOptions,
  type LabelColumn,
  type NumberRows,
  type SplitColumns,
} from "./arrays.ts";
export { type Csv, csv, type CsvOptions } from "./csv.ts";
export { type Idx, idx, type IdxFiles, type IdxOptions } from "./idx.ts";
export { type Mnist, mnist, type MnistOptions } from "./mnist.ts";
export {
  type SyntheticClassification,
  syntheticClassification,
  type SyntheticClassificationOptions,
} from "./synthetic_classification.ts";
