/**
 * What a metric comes to: a number, or a table of them.
 *
 * @module
 */

/** Numbers by row and column: of each class, or a matrix of classes by classes. */
export interface ScoreTable {
  /** What a row stands for, as `"class"` or `"true class"`. */
  readonly rowTitle: string;
  /** What a column stands for, as `"predicted class"`; absent where columns are of different kinds. */
  readonly columnTitle?: string;
  /** Names of the rows. */
  readonly rows: readonly string[];
  /** Names of the columns. */
  readonly columns: readonly string[];
  /** Numbers, by row and then by column. */
  readonly values: readonly (readonly number[])[];
}

/** What a metric comes to. */
export type Score = number | ScoreTable;
