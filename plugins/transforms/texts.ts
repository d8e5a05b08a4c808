/**
 * Texts as they flow through ports, and lists of texts as they are kept in a model.
 *
 * @module
 */
import { type HostTensor, hostTensor } from "../../core/mod.ts";

const decoder = new TextDecoder();
const strict = new TextDecoder("utf-8", { fatal: true });

/** The texts of a batch: bytes of UTF-8 with zeros after their end. */
export function textsOf({ shape: [rows, length], data }: HostTensor): string[] {
  return Array.from({ length: rows! }, (_, row) => {
    const bytes = data.subarray(row * length!, (row + 1) * length!) as Uint8Array;
    const end = bytes.indexOf(0);
    return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
  });
}

/** A list of texts as bytes, so that it is kept in a model. */
export function textList(texts: readonly string[]): HostTensor {
  const data = new TextEncoder().encode(JSON.stringify(texts));
  return hostTensor(data, { shape: [data.length], dtype: "u8" });
}

/**
 * The texts of a list that was kept in a model, which may be anybody's.
 *
 * @throws {SyntaxError} When the bytes are no list of texts.
 */
export function readTextList(list: HostTensor | undefined): readonly string[] {
  let found: unknown;
  try {
    found = JSON.parse(strict.decode(list?.data as Uint8Array));
  } catch (cause) {
    throw new SyntaxError("Cannot read a list of texts in the model", { cause });
  }
  if (Array.isArray(found) && found.every((text) => typeof text === "string")) return found;
  throw new SyntaxError("Cannot read a list of texts in the model: it holds something else");
}
