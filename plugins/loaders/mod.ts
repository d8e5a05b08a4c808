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
export { type Characters, characters, type CharactersOptions } from "./characters.ts";
export { type Cifar10, cifar10, type Cifar100, cifar100, type CifarOptions } from "./cifar.ts";
export { type Csv, csv, type CsvOptions } from "./csv.ts";
export { type MemoryOptions } from "./fixed_rows.ts";
export { type InvalidOptions } from "./row_checks.ts";
export { type ColumnRule, type RuleOptions } from "./row_rules.ts";
export { type ImageFolder, imageFolder, type ImageFolderOptions } from "./image_folder.ts";
export { type ImageFit } from "./fit_image.ts";
export { type SoundFolder, soundFolder, type SoundFolderOptions } from "./sound_folder.ts";
export { arrow } from "./arrow.ts";
export { duckdb, type DuckDbOptions } from "./duckdb.ts";
export { type FileTableOptions } from "./file_table.ts";
export { parquet } from "./parquet.ts";
export { jsonLines } from "./json_lines.ts";
export type { FileOptions, SplitPlaces } from "./split_files.ts";
export {
  type TableColumn,
  type TableColumns,
  type TableHandle,
  type TableHandles,
  type TableOptions,
} from "./table_columns.ts";
export { type TextLines, textLines, type TextLinesOptions } from "./text_lines.ts";
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
  type LinearRelation,
  linearRelation,
  type LinearRelationOptions,
} from "./linear_relation.ts";
export { type LabeledPoints, moons, spirals, type SpiralsOptions } from "./synthetic_points.ts";
export { type SyntheticOptions } from "./synthetic_rows.ts";
export {
  type MarkedSums,
  markedSums,
  type MarkedSumsOptions,
  type Waves,
  waves,
  type WavesOptions,
} from "./synthetic_sequences.ts";
export {
  type SyntheticClassification,
  syntheticClassification,
  type SyntheticClassificationOptions,
} from "./synthetic_classification.ts";
