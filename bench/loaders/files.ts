/**
 * One file of each format, with numbers at random, in a folder that goes when the process ends. What
 * writes them is named so that no tool can read it off an import: only who runs a bench downloads it.
 *
 * @module
 */
import { encodeNpy, RandomStream } from "@millrace/millrace";

/** Packages that write files, or read them in another way than the loaders do. */
export const packages = {
  "hyparquet-writer": "0.17.0",
  "apache-arrow": "21.2.0",
  "fast-png": "8.0.0",
  hyparquet: "1.31.5",
  udsv: "0.7.3",
  npyjs: "1.2.0",
} as const;

/** Loads one of them; its types would have to be downloaded to be known. */
// deno-lint-ignore no-explicit-any
export async function load(name: keyof typeof packages): Promise<any> {
  return await import(`npm:${name}@${packages[name]}`);
}

/** Columns of a table: numbers of three decimals. */
export const columns: readonly string[] = Array.from({ length: 10 }, (_, i) => `x${i}`);

/** Rows of tables, and of each of the others. */
export const rowCounts = { table: 100_000, idx: 60_000, cifar: 10_000, images: 2000 } as const;

let folder: string | undefined;

/** Path of the folder. */
function folderOf(): string {
  if (folder === undefined) {
    const made = folder = Deno.makeTempDirSync();
    addEventListener("unload", () => Deno.removeSync(made, { recursive: true }));
  }
  return folder;
}

const made = new Map<string, Promise<string>>();

/** Writes a file once; gives its path. */
export function fileOf(name: string, contents: () => Uint8Array | Promise<Uint8Array>) {
  let path = made.get(name);
  if (path === undefined) {
    path = (async () => {
      const path = `${folderOf()}/${name}`;
      await Deno.writeFile(path, await contents());
      return path;
    })();
    made.set(name, path);
  }
  return path;
}

/** The numbers of a table, row after row. */
function tableNumbers(): Float32Array {
  const random = new RandomStream(0, "bench.loaders");
  return Float32Array.from(
    { length: rowCounts.table * columns.length },
    () => random.below(1_000_000) / 1000,
  );
}

function tableColumn(numbers: Float32Array, column: number): Float32Array {
  return Float32Array.from(
    { length: rowCounts.table },
    (_, row) => numbers[row * columns.length + column]!,
  );
}

function lines(line: (numbers: readonly string[]) => string, header = ""): Uint8Array {
  const numbers = tableNumbers();
  const texts = Array.from({ length: rowCounts.table }, (_, row) =>
    line(
      Array.from(
        numbers.subarray(row * columns.length, (row + 1) * columns.length),
        (value) => value.toFixed(3),
      ),
    ));
  return new TextEncoder().encode(`${header}${texts.join("\n")}\n`);
}

function bytes(length: number): Uint8Array {
  const random = new RandomStream(1, "bench.bytes");
  return Uint8Array.from({ length }, () => random.below(256));
}

/** The files, by format; made when they are asked for. */
export const files = {
  csv: () => fileOf("a.csv", () => lines((row) => row.join(","), `${columns.join(",")}\n`)),
  jsonLines: () =>
    fileOf(
      "a.jsonl",
      () => lines((row) => `{${row.map((value, i) => `"x${i}":${value}`).join(",")}}`),
    ),
  npy: () =>
    fileOf("a.npy", () =>
      encodeNpy({
        dtype: "f32",
        shape: [rowCounts.table, columns.length],
        data: tableNumbers(),
      })),
  parquet: () =>
    fileOf("a.parquet", async () => {
      const { parquetWriteBuffer } = await load("hyparquet-writer");
      const numbers = tableNumbers();
      const columnData = columns.map((name, i) => ({
        name,
        data: tableColumn(numbers, i),
        type: "FLOAT",
      }));
      return new Uint8Array(parquetWriteBuffer({ columnData }));
    }),
  arrow: () =>
    fileOf("a.arrow", async () => {
      const { Table, tableToIPC, vectorFromArray, Float32 } = await load("apache-arrow");
      const numbers = tableNumbers();
      return tableToIPC(
        new Table(
          Object.fromEntries(
            columns.map((
              name,
              i,
            ) => [name, vectorFromArray(tableColumn(numbers, i), new Float32())]),
          ),
        ),
        "file",
      );
    }),
  idx: () =>
    fileOf("a.idx", () => {
      const data = new Uint8Array(16 + rowCounts.idx * 784);
      [0x0803, rowCounts.idx, 28, 28].forEach((word, i) =>
        new DataView(data.buffer).setUint32(4 * i, word)
      );
      data.set(bytes(rowCounts.idx * 784), 16);
      return data;
    }),
  idxLabels: () =>
    fileOf("labels.idx", () => {
      const data = new Uint8Array(8 + rowCounts.idx);
      [0x0801, rowCounts.idx].forEach((word, i) =>
        new DataView(data.buffer).setUint32(4 * i, word)
      );
      return data;
    }),
  cifar: () =>
    fileOf("train.bin", () => {
      const data = bytes(rowCounts.cifar * 3074);
      for (let row = 0; row < rowCounts.cifar; row++) data.fill(0, row * 3074, row * 3074 + 2);
      return data;
    }),
  images: async () => {
    const { encode } = await load("fast-png");
    const data = bytes(48 * 48 * 3 + rowCounts.images);
    await Deno.mkdir(`${folderOf()}/images`, { recursive: true });
    for (let i = 0; i < rowCounts.images; i++) {
      // a slope with some noise on it, which deflate can do something about
      const own = Uint8Array.from({ length: 48 * 48 * 3 }, (_, j) => j / 60 + data[i + j]! % 32);
      const image = encode({ width: 48, height: 48, channels: 3, data: own });
      await fileOf(`images/${i}.png`, () => image);
    }
    return `${folderOf()}/images`;
  },
} as const;
