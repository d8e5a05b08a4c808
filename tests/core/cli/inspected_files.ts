/**
 * Small files of the formats that `inspect` looks into.
 *
 * @module
 */
import { parquetWriteBuffer } from "npm:hyparquet-writer@0.17.0";
import * as apache from "npm:apache-arrow@21.2.0";
import { encode as encodePng } from "npm:fast-png@8.0.0";
// Made by npy_samples.py.
import samples from "../formats/npy_samples.json" with { type: "json" };

const numbers = [0.5, 1.5, 2.5, 3.5];
const kinds = ["cat", "dog", "cat", "dog"];

export function parquetFile(): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({
    rowGroupSize: 3,
    columnData: [
      { name: "x", data: numbers, type: "DOUBLE" },
      { name: "n", data: [1n, 2n, 3n, 4n], type: "INT64" },
      { name: "gaps", data: [1, null, 3, null], type: "DOUBLE", nullable: true },
      { name: "kind", data: kinds, type: "STRING" },
    ],
  }));
}

export function arrowFile(as: "file" | "stream"): Uint8Array {
  const { Field, FixedSizeList, Float32, Int64, Table, tableToIPC, Utf8, vectorFromArray } = apache;
  const table = new Table({
    x: vectorFromArray(numbers, new Float32()),
    n: vectorFromArray([1n, 2n, 3n, 4n], new Int64()),
    pair: vectorFromArray(
      numbers.map((x) => [x, -x]),
      new FixedSizeList(2, new Field("item", new Float32())),
    ),
    kind: vectorFromArray(kinds, new Utf8()),
  } as never);
  return new Uint8Array(tableToIPC(table, as));
}

export function png(width: number, height: number, channels: 1 | 3, value: number): Uint8Array {
  const data = new Uint8Array(width * height * channels).fill(value);
  return new Uint8Array(encodePng({ width, height, channels, data }));
}

/** Writes files into folders of a folder. */
export async function writeInto(
  folder: string,
  files: Readonly<Record<string, Uint8Array | string>>,
): Promise<void> {
  for (const [name, data] of Object.entries(files)) {
    const path = `${folder}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    if (typeof data === "string") await Deno.writeTextFile(path, data);
    else await Deno.writeFile(path, data);
  }
}

/** The files of CIFAR-10 and of CIFAR-100, of one record each. */
export function cifarFiles() {
  const record = (labels: readonly number[]) =>
    Uint8Array.from({ length: labels.length + 3072 }, (_, i) => labels[i] ?? i % 200);
  const names = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`);
  return {
    ten: Object.fromEntries([...names, "test_batch.bin"].map((name, i) => [name, record([i % 2])])),
    hundred: { "train.bin": record([19, 99]), "test.bin": record([0, 0]) },
  };
}

/** An archive with x f32[2, 3] and y i32[2]. */
export async function npzFile(): Promise<Uint8Array> {
  const packed = new Blob([Uint8Array.fromBase64(samples.samples["npz compressed"])]);
  return await new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).bytes();
}
