/**
 * Telling what JSON of a file is, before it is taken for what it should be.
 *
 * @module
 */

/** Whether something is an object with keys, and no array. */
export function isRecord(x: unknown): x is Readonly<Record<string, unknown>> {
  return typeof x === "object" && x !== null && !Array.isArray(x);
}

/** Whether something is an object, and all that it holds passes a test. */
export function isRecordOf<T>(
  x: unknown,
  isItem: (item: unknown) => item is T,
): x is Readonly<Record<string, T>> {
  return isRecord(x) && Object.values(x).every(isItem);
}

/** Whether something is a finite number, or the `null` that JSON has for others. */
export function isNumberOrNull(x: unknown): x is number | null {
  return x === null || Number.isFinite(x);
}

/** Whether something is an array of texts. */
export function areTexts(x: unknown): x is readonly string[] {
  return Array.isArray(x) && x.every((item) => typeof item === "string");
}
