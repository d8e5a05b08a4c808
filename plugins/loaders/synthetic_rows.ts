/**
 * Made-up rows: each is a function of the seed and its number alone, made when it is first asked for.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyHandle,
  type DataPort,
  defineLoader,
  type Elements,
  RandomStream,
  type RowSource,
  type Schema,
  sha256,
  type Split,
} from "../../core/mod.ts";
import { allocateColumns, memoryRows } from "./memory_rows.ts";

/** The options that all made-up sets have. */
export interface SyntheticOptions {
  /** Rows of the training split. */
  readonly rows: number;
  /** Rows of the test split. Default 0: there is none. */
  readonly testRows?: number | undefined;
  /** Rows of the validation split. Default 0: there is none. */
  readonly validationRows?: number | undefined;
  /** Standard deviation of the noise. */
  readonly noise?: number | undefined;
  /** Seed of the data, apart from the run's. Default 0. */
  readonly seed?: number | undefined;
}

/** The same, every default filled in. */
export interface SyntheticConfig {
  readonly rows: number;
  readonly testRows: number;
  readonly validationRows: number;
  readonly noise: number;
  readonly seed: number;
}

/** The fields of {@linkcode SyntheticOptions}, with the noise that is there by default. */
export function syntheticFields(noise: number) {
  const rows = (what: string) =>
    z.int().min(0).max(1 << 28).default(0).describe(`Rows of the ${what} split; 0: there is none`);
  return {
    rows: z.int().min(1).max(1 << 28).describe("Rows of the training split"),
    testRows: rows("test"),
    validationRows: rows("validation"),
    noise: z.number().min(0).default(noise).describe("Standard deviation of the noise"),
    seed: z.int().min(0).max(4294967295).default(0).describe(
      "Seed of the data, apart from the run's",
    ),
  };
}

/** Elements of each port, those of one row. */
type Row = Readonly<Record<string, Elements>>;

/** How a made-up set is defined. */
export interface SyntheticDefinition<Options, Config extends SyntheticConfig> {
  readonly name: string;
  readonly config: Schema<Options, Config>;
  readonly ports: (config: Config) => Readonly<Record<string, DataPort>>;
  /** Gets ready what all rows have in common; then fills row by row. */
  readonly maker: (
    config: Config,
  ) => (row: number, into: Row, random: RandomStream) => void;
}

/** Defines a made-up set. */
export function defineSynthetic<Options, Config extends SyntheticConfig>(
  { name, config, ports, maker }: SyntheticDefinition<Options, Config>,
): (options: Options) => Readonly<Record<string, AnyHandle>> {
  return defineLoader<Readonly<Record<string, AnyHandle>>>()({
    name,
    kind: "loader",
    family: "loader",
    config,
    ports,
    open({ config, split, limit = Infinity }) {
      const { rows, testRows, validationRows } = config;
      const all = { train: rows, test: testRows, validation: validationRows }[split];
      return all === 0 ? null : madeRows(config, {
        name,
        split,
        rows: Math.min(all, limit),
        ports: ports(config),
        make: maker(config),
      });
    },
  });
}

/** Rows that are made when they are first asked for: training begins with the first batch. */
function madeRows(
  config: SyntheticConfig,
  { name, split, rows, ports, make }: {
    readonly name: string;
    readonly split: Split;
    readonly rows: number;
    readonly ports: Readonly<Record<string, DataPort>>;
    readonly make: (row: number, into: Row, random: RandomStream) => void;
  },
): RowSource {
  const columns = allocateColumns(ports, rows);
  const isMade = new Uint8Array(rows);
  const widths = Object.entries(columns).map(([port, data]) => [port, data, data.length / rows]);
  const source = memoryRows({
    ports,
    columns,
    fingerprint: `sha256:${sha256([JSON.stringify([name, config, split])])}`,
  });
  return {
    ...source,
    rows,
    read(wanted, into) {
      for (const row of wanted) {
        if (isMade[row] === 1) continue;
        const own = Object.fromEntries(
          (widths as [string, Elements, number][]).map((
            [port, data, width],
          ) => [port, data.subarray(row * width, (row + 1) * width)]),
        );
        make(row, own, new RandomStream(config.seed, `${name}/${split}`, row));
        isMade[row] = 1;
      }
      return source.read(wanted, into);
    },
  };
}
