/**
 * What kind of file data is in, by its first bytes: `inspect` and `predict` are given any.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { isGzip, openBytes } from "../formats/mod.ts";

/** What the first bytes of a file, and its name, say. */
export type FileFormat =
  | "csv"
  | "jsonl"
  | "text"
  | "parquet"
  | "arrow"
  | "npy"
  | "npz"
  | "idx"
  | "image"
  | "wav";

/** A file, and what it is. */
export interface KnownFile {
  readonly format: FileFormat;
  /** Its first bytes. */
  readonly head: Uint8Array;
}

/**
 * Finds out what a file is.
 *
 * @param options.action What is to be done, for messages: `"inspect"`.
 * @param options.known The formats that can be, as people call them.
 * @throws {DataError} When it is missing, empty, or none of the formats.
 */
export async function knownFile(
  file: string,
  options: { readonly action: string; readonly known: string },
): Promise<KnownFile> {
  using opened = await openBytes(file);
  const head = await opened.read(0, Math.min(opened.size, 1 << 16));
  if (head.length > 0) return { head, format: await formatOf(file, { head, ...options }) };
  throw new DataError(`Cannot ${options.action} the file: it is empty`, {
    file,
    hint: "name a file with data",
  });
}

/** How files of each format begin. */
const beginnings: readonly (readonly [string, FileFormat])[] = [
  ["\x93NUMPY", "npy"],
  ["PK", "npz"],
  ["RIFF", "wav"],
  ["PAR1", "parquet"],
  ["ARROW1", "arrow"],
  // a stream of Arrow messages
  ["\xff\xff\xff\xff", "arrow"],
  ["\x89PNG", "image"],
  ["\xff\xd8", "image"],
  ["\0\0", "idx"],
];

async function formatOf(
  file: string,
  { head, action, known }: {
    readonly head: Uint8Array;
    readonly action: string;
    readonly known: string;
  },
): Promise<FileFormat> {
  if (isGzip(head)) {
    const [first, second] = await unzippedHead(head);
    if (first === 0 && second === 0) return "idx";
    throw new DataError(`Cannot ${action} the file: it is compressed by gzip`, {
      file,
      hint: "decompress it: IDX is the one format that is read compressed; of an archive, the " +
        "name ends in .tar.gz or .tgz",
    });
  }
  const tag = String.fromCharCode(...head.subarray(0, 8));
  const format = beginnings.find(([begin]) => tag.startsWith(begin))?.[1];
  requireNamed(file, { format, action });
  if (format !== undefined) return format;
  if (tag.startsWith("\xff\xfe") || tag.startsWith("\xfe\xff")) {
    throw new DataError(`Cannot ${action} the file: it is text in UTF-16`, {
      file,
      hint: "save it as UTF-8",
    });
  }
  if (head.includes(0)) {
    throw new DataError(`Cannot ${action} the file: it is none of the formats that are known`, {
      file,
      hint: `${
        /\.bin$/i.test(file) ? "of CIFAR, name the folder of its files; " : ""
      }known: ${known}`,
    });
  }
  if (/^\s*\[\s*(?:[[{]|$)/.test(tag)) {
    throw new DataError(`Cannot ${action} the file: it is an array in JSON`, {
      file,
      hint: "write a line for each object, without commas between: jq -c '.[]' does",
    });
  }
  if (/\.(?:jsonl|ndjson)$/i.test(file) || /^\s*\{/.test(tag)) return "jsonl";
  if (/\.txt$/i.test(file)) return "text";
  return "csv";
}

/** Ends of names, and the formats that they promise. */
const promises: readonly (readonly [RegExp, FileFormat])[] = [
  [/\.parquet$/i, "parquet"],
  [/\.(?:arrows?|feather)$/i, "arrow"],
  [/\.npy$/i, "npy"],
  [/\.npz$/i, "npz"],
  [/\.(?:png|jpe?g)$/i, "image"],
  [/\.wav$/i, "wav"],
];

/** Formats with beginnings of their own, as people call them. */
const titles: Readonly<Partial<Record<FileFormat, string>>> = {
  parquet: "Parquet",
  arrow: "Arrow",
  npy: "NPY",
  npz: "NPZ",
  idx: "IDX",
  image: "PNG or JPEG",
  wav: "WAV",
};

/** A file that is named like a format begins as one, or it is damaged. */
function requireNamed(
  file: string,
  { format, action }: { readonly format: FileFormat | undefined; readonly action: string },
): void {
  const promised = promises.find(([end]) => end.test(file))?.[1];
  if (promised === undefined || promised === format) return;
  const begun = format === undefined ? "" : `, but as ${titles[format]}`;
  throw new DataError(
    `Cannot ${action} the file: it does not begin as ${
      titles[promised]
    }, which it is named for${begun}`,
    {
      file,
      hint: format === undefined
        ? "the file is damaged, or of another format: get it again, or name it for what it is"
        : "name it for what it is",
    },
  );
}

/** The first bytes that come out of compressed ones; none where these are damaged. */
async function unzippedHead(head: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([head.slice()]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    for await (const chunk of stream) return chunk;
  } catch {
    // cut off, as the head of a file is, or damaged
  }
  return new Uint8Array(0);
}

/** The mark that parts the most fields of the first line. */
export function separatorOf(file: string, head: Uint8Array): string {
  if (/\.(?:tsv|tab)$/i.test(file)) return "\t";
  const [line = ""] = /^.*\S.*$/m.exec(new TextDecoder().decode(head)) ?? [];
  const unquoted = line.replaceAll(/"(?:[^"]|"")*"/g, "");
  const counts = [",", "\t", ";", "|"].map((mark) => unquoted.split(mark).length);
  return [",", "\t", ";", "|"][counts.indexOf(Math.max(...counts))]!;
}

/** Arrow files are read whole; larger ones are refused. */
export const mostArrowBytes: number = 1 << 30;
