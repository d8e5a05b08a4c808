/**
 * Texts of files as rows. Workers open this module as well: it imports what reading takes, and no more.
 *
 * @module
 */
import { DataError } from "../../core/errors.ts";
import { readHeadNow } from "../../core/formats/mod.ts";
import type { DataPort, RowSource } from "../../core/mod.ts";
import { decodedRows, type KeptRows, type LoadFile } from "./kept_rows.ts";
import { labelDType } from "./memory_rows.ts";

/** What texts become. */
export interface TextForm {
  /** Most bytes of a text. */
  readonly length: number;
  readonly classes: readonly string[];
  readonly mails: boolean;
  readonly blank: "keep" | "fail";
  readonly otherBytes: "replace" | "fail";
}

/** The files of texts, and what becomes of them. */
export interface TextFiles {
  readonly form: TextForm;
  readonly files: readonly string[];
  /** The number of each file's class. */
  readonly classes: Int32Array;
}

/** Address of this module, by which workers open it. */
export const textModule = import.meta.url;

/** Opens texts that are read already, or are to be. */
export default function textFileRows(
  { texts, kept }: { readonly texts: TextFiles; readonly kept: KeptRows },
): RowSource {
  return decodedRows({ ports: textPorts(texts.form), load: textLoader(texts), kept });
}

/** What the ports carry. */
export function textPorts(
  { length, classes }: Pick<TextForm, "length" | "classes">,
): { readonly text: DataPort & { kind: "tensor" }; readonly label: DataPort & { kind: "labels" } } {
  return {
    text: { kind: "tensor", dtype: "u8", shape: [length], encoding: "utf-8", longer: "cut" },
    label: {
      kind: "labels",
      dtype: labelDType(classes.length),
      classes: classes.length,
      names: classes,
    },
  };
}

/** A header of a mail may be long. */
const mostHeaderBytes = 1 << 16;

/** Reads texts, each cut between characters to the bytes that a row has. */
export function textLoader({ form, files, classes }: TextFiles): LoadFile {
  const encoder = new TextEncoder();
  return (file, { text: target, label }) => {
    if (label !== undefined) label[0] = classes[file]!;
    if (target === undefined) return;
    const path = files[file]!;
    const { bytes, isWhole } = readHeadNow(path, form.length + mostHeaderBytes);
    const text = cleanText(decoded(bytes, { isWhole, form, file: path }), form, { file: path });
    encoder.encodeInto(text, target as Uint8Array);
  };
}

function decoded(
  bytes: Uint8Array,
  { isWhole, form: { otherBytes }, file }: {
    readonly isWhole: boolean;
    readonly form: TextForm;
    readonly file: string;
  },
): string {
  try {
    // the last character of a part may be cut
    return new TextDecoder("utf-8", { fatal: otherBytes === "fail" })
      .decode(bytes, { stream: !isWhole });
  } catch (cause) {
    throw new DataError("Cannot read the text: it is not text in UTF-8", {
      file,
      cause,
      reason: "not UTF-8",
      hint: 'save it as UTF-8, or set otherBytes to "replace"',
    });
  }
}

/**
 * The text that counts: of a mail what follows its header, and without zeros, which would end it.
 *
 * @throws {DataError} When it is blank, where that is an error.
 */
export function cleanText(
  text: string,
  { mails, blank }: Pick<TextForm, "mails" | "blank">,
  place: { readonly file: string; readonly row?: number; readonly column?: string | number },
): string {
  const own = (mails ? bodyOf(text) : text).replaceAll("\0", " ");
  if (blank === "keep" || /\S/.test(own)) return own;
  throw new DataError("Cannot use the text: there is nothing in it but space", {
    ...place,
    reason: "blank",
    hint: 'fill it in, or set blank to "keep"',
  });
}

/** What follows the first empty line. */
function bodyOf(mail: string): string {
  const empty = /\n\r?\n/.exec(mail);
  return empty === null ? mail : mail.slice(empty.index + empty[0].length);
}
