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
export { type Cifar10, cifar10, type Cifar100, cifar100, type CifarOptions } from "./cifar.ts";
export { type Csv, csv, type CsvOptions } from "./csv.ts";
export { type MemoryOptions } from "./fixed_rows.ts";
export { type Idx, idx, type IdxFiles, type IdxOptions } from "./idx.ts";
export {
  type Npy,
  npy,
  type NpyArrays,
  type NpyLabels,
  type NpyOptions,
  type NpySplit,
  type NpyTensor,
} from "./npy.ts";
export { type Iris, iris } from "./iris.ts";
export { type LabelledTexts, labelledTexts, type LabelledTextsOptions } from "./labelled_texts.ts";
export { type Mnist, mnist, type MnistOptions } from "./mnist.ts";
export {
  type SyntheticClassification,
  syntheticClassification,
  type SyntheticClassificationOptions,
} from "./synthetic_classification.ts";
