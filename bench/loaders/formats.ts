/**
 * The formats, and who reads them: the loaders, other JavaScript, and Python. All JavaScript gives every
 * row once, in batches of typed arrays; Python gives arrays of NumPy, whole.
 *
 * @module
 */
import {
  allocateElements,
  arrow,
  cifar100,
  csv,
  idx,
  imageFolder,
  jsonLines,
  npy,
  parquet,
  sizeOf,
  stageCallOf,
  validate,
} from "@millrace/millrace";
import { columns, files, load, rowCounts } from "./files.ts";

/** A format with a file of it. */
export interface Format {
  readonly name: string;
  readonly rows: number;
  /** Makes the file; its path. */
  readonly file: () => Promise<string>;
  /** What reads it in JavaScript, by name; the first is the loader. */
  readonly readers: Readonly<Record<string, (path: string) => Promise<void>>>;
  /** Python that reads the file at `path`, by what it imports. */
  readonly python: Readonly<Record<string, string>>;
}

const batchSize = 256;

/** Makes batches of rows that were read whole, as the loaders give them. */
function inBatches(rows: Float32Array | Uint8Array, { width }: { readonly width: number }): void {
  const size = batchSize * width;
  for (let at = 0; at < rows.length; at += size) rows.slice(at, at + size);
}

/** Opens a loader as the runtime does, and reads every row in batches. */
async function readAll(handles: unknown): Promise<void> {
  const { definition, options } = stageCallOf(handles)!;
  const validated = validate(definition.config, options, "loader");
  if (definition.kind !== "loader" || !validated.ok) throw new Error("expected a loader");
  const { config } = validated;
  const source = await definition.open({ config, split: "train", seed: 0, path: "loader" });
  const ports = Object.entries(definition.ports(config));
  const { rows } = source!;
  for (let first = 0; first < rows; first += batchSize) {
    const wanted = Uint32Array.from(
      { length: Math.min(batchSize, rows - first) },
      (_, i) => first + i,
    );
    const into = Object.fromEntries(
      ports.map(([name, port]) => [
        name,
        allocateElements(
          port.dtype,
          wanted.length * (port.kind === "labels" ? 1 : sizeOf(port.shape)),
        ),
      ]),
    );
    await source!.read(wanted, into);
  }
  source!.close?.();
}

const table = { features: columns };

/** Makes rows of columns, in batches. */
function rowsOf(lists: readonly ArrayLike<number>[]): void {
  const made = new Float32Array(rowCounts.table * columns.length);
  lists.forEach((list, column) => {
    for (let row = 0; row < list.length; row++) made[row * columns.length + column] = list[row]!;
  });
  inBatches(made, { width: columns.length });
}

/** All of them. */
export const formats: readonly Format[] = [
  {
    name: "CSV",
    rows: rowCounts.table,
    file: files.csv,
    readers: {
      millrace: (path) => readAll(csv({ path, ...table })),
      udsv: async (path) => {
        const { inferSchema, initParser } = await load("udsv");
        const text = await Deno.readTextFile(path);
        const parser = initParser(inferSchema(text));
        rowsOf(parser.typedCols(text));
      },
    },
    python: {
      pandas: `pandas.read_csv(path).to_numpy("float32")`,
      pyarrow: `import pyarrow.csv; t = pyarrow.csv.read_csv(path); ` +
        `[c.to_numpy() for c in t.columns]`,
    },
  },
  {
    name: "JSON lines",
    rows: rowCounts.table,
    file: files.jsonLines,
    readers: {
      millrace: (path) => readAll(jsonLines({ path, ...table })),
      "JSON.parse": async (path) => {
        const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
        const made = new Float32Array(lines.length * columns.length);
        lines.forEach((line, row) => {
          const record = JSON.parse(line);
          columns.forEach((name, i) => made[row * columns.length + i] = record[name]);
        });
        inBatches(made, { width: columns.length });
      },
    },
    python: {
      pandas: `pandas.read_json(path, lines=True).to_numpy("float32")`,
      pyarrow: `import pyarrow.json; t = pyarrow.json.read_json(path); ` +
        `[c.to_numpy() for c in t.columns]`,
    },
  },
  {
    name: "NPY",
    rows: rowCounts.table,
    file: files.npy,
    readers: {
      millrace: (path) => readAll(npy({ x: { file: path, shape: [columns.length] } })),
      npyjs: async (path) => {
        const { load: read } = await load("npyjs");
        const { buffer } = await Deno.readFile(path);
        const { data } = await read(buffer);
        inBatches(data, { width: columns.length });
      },
    },
    python: { numpy: `numpy.load(path)` },
  },
  {
    name: "Parquet",
    rows: rowCounts.table,
    file: files.parquet,
    readers: {
      millrace: (path) => readAll(parquet({ path, ...table })),
      hyparquet: async (path) => {
        const { parquetRead } = await load("hyparquet");
        const { buffer } = await Deno.readFile(path);
        const lists: ArrayLike<number>[] = columns.map(() => []);
        await parquetRead({
          file: buffer,
          onComplete: (rows: readonly number[][]) => {
            columns.forEach((_, i) => lists[i] = rows.map((row) => row[i]!));
          },
        });
        rowsOf(lists);
      },
    },
    python: {
      pandas: `pandas.read_parquet(path).to_numpy("float32")`,
      pyarrow: `import pyarrow.parquet; t = pyarrow.parquet.read_table(path); ` +
        `[c.to_numpy() for c in t.columns]`,
    },
  },
  {
    name: "Arrow",
    rows: rowCounts.table,
    file: files.arrow,
    readers: {
      millrace: (path) => readAll(arrow({ path, ...table })),
      "apache-arrow": async (path) => {
        const { tableFromIPC } = await load("apache-arrow");
        const read = tableFromIPC(await Deno.readFile(path));
        rowsOf(columns.map((name) => read.getChild(name).toArray()));
      },
    },
    python: {
      pandas: `pandas.read_feather(path).to_numpy("float32")`,
      pyarrow: `import pyarrow.ipc; t = pyarrow.ipc.open_file(path).read_all(); ` +
        `[c.to_numpy() for c in t.columns]`,
    },
  },
  {
    name: "IDX",
    rows: rowCounts.idx,
    file: async () => {
      await files.idxLabels();
      return await files.idx();
    },
    readers: {
      millrace: (path) =>
        readAll(idx({
          images: path,
          labels: path.replace(/a\.idx$/, "labels.idx"),
          shape: [28, 28],
          classes: 10,
        })),
      "Deno.readFile": async (path) =>
        inBatches((await Deno.readFile(path)).subarray(16), { width: 784 }),
    },
    python: { numpy: `numpy.fromfile(path, "uint8", offset=16).reshape(-1, 28, 28)` },
  },
  {
    name: "CIFAR-100",
    rows: rowCounts.cifar,
    file: files.cifar,
    readers: {
      millrace: (path) => readAll(cifar100({ folder: path.replace(/\/[^/]*$/, "") })),
      "Deno.readFile": async (path) => {
        const bytes = await Deno.readFile(path);
        const made = new Uint8Array(rowCounts.cifar * 3072);
        // planes of colours to colours of pixels
        for (let row = 0; row < rowCounts.cifar; row++) {
          for (let channel = 0; channel < 3; channel++) {
            const from = row * 3074 + 2 + channel * 1024;
            for (let i = 0; i < 1024; i++) made[row * 3072 + 3 * i + channel] = bytes[from + i]!;
          }
        }
        inBatches(made, { width: 3072 });
      },
    },
    python: {
      numpy: `numpy.ascontiguousarray(numpy.fromfile(path, "uint8").reshape(-1, 3074)[:, 2:]` +
        `.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))`,
    },
  },
  {
    name: "images",
    rows: rowCounts.images,
    file: files.images,
    readers: {
      millrace: (folder) => readAll(imageFolder({ folder, height: 48, width: 48, channels: 3 })),
      "fast-png": async (folder) => {
        const { decode } = await load("fast-png");
        for (const { name } of Deno.readDirSync(folder)) {
          decode(Deno.readFileSync(`${folder}/${name}`));
        }
      },
    },
    python: {
      pillow: `import os; from PIL import Image; ` +
        `[numpy.asarray(Image.open(os.path.join(path, n))) for n in os.listdir(path)]`,
    },
  },
];
