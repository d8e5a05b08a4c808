/**
 * A file of one array, of which ranges of rows are read.
 *
 * @module
 */
import type { DType, HostTensor, Shape } from "../tensor/mod.ts";

/** A file of one array whose header has been read, and found to fit the file's length. */
export interface ArrayFile extends Disposable {
  /** The path by which messages name it. */
  readonly file: string;
  /** Type of the elements, as `read` gives them. */
  readonly dtype: DType;
  /** Shape of the whole array. */
  readonly shape: Shape;
  /**
   * Reads rows `begin` to `end - 1` of the first axis, and nothing else of a file that is not
   * compressed. One range at a time.
   */
  read(begin: number, end: number): Promise<HostTensor>;
}
