/**
 * Files: readers and writers of IDX, NPY, ZIP, tar, CSV and safetensors; where files come from; how a file is
 * written whole or not at all. What a file says of itself is checked before anything is allocated.
 *
 * @module
 */
export type { ArrayFile } from "./array_file.ts";
export { openArrow } from "./arrow/mod.ts";
export * from "./cifar.ts";
export * from "./csv.ts";
export { headerDoubt, headerNames, type HeaderPlace, missingColumn } from "./csv_header.ts";
export type { PlainRecords } from "./csv_plain.ts";
export { type CsvRecords, csvRecords } from "./csv_records.ts";
export { parseDecimal } from "./decimal.ts";
export { fileError } from "./file_error.ts";
export { folderEntries, isFolder, isThere } from "./file_kind.ts";
export * from "./idx.ts";
export { absentKey, isBlankLine, type JsonRecord, jsonValue, parseJsonLine } from "./json_lines.ts";
export { areTexts, isNumberOrNull, isRecord, isRecordOf } from "./json.ts";
export { type DecodedImage, decodeImage } from "./image/mod.ts";
export * from "./npy.ts";
export { importPackage } from "./optional_package.ts";
export { archiveNames, isArchive, locate, permissionHint, type Tell } from "./origin/mod.ts";
export { openParquet } from "./parquet/mod.ts";
export {
  type FileBytes,
  fileName,
  isGzip,
  openBytes,
  type OpenedBytes,
  readBytes,
  readBytesNow,
  readHeadNow,
} from "./read_bytes.ts";
export {
  openRecords,
  type RecordBlock,
  type RecordBlockOptions,
  type RecordFile,
  textOfBlock,
} from "./record_blocks.ts";
export * from "./safetensors.ts";
export { Sha256, sha256 } from "./sha256.ts";
export { readTar, type TarEntry } from "./tar.ts";
export { parseWav, readWav, type Sound } from "./wav.ts";
export { damagedFile, type ValueColumn, type ValueTable } from "./value_table.ts";
export * from "./write_file.ts";
export { crc32, openZip, type ZipEntry, type ZipFile } from "./zip.ts";
