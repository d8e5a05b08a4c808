/**
 * The rows of several loaders in one, so many of each.
 *
 * @module
 */
import { z } from "zod";
import {
  type DataPort,
  defineRowsStage,
  formatAmount,
  formatCount,
  lazySchema,
  permutation,
  pipelineError,
  type RowHandles,
  type RowSource,
  type Schema,
  sha256,
} from "../../core/mod.ts";
import { type Mixture, mixtureRows } from "./mixture_rows.ts";

/** Options of {@linkcode mix}. */
export interface MixOptions {
  /** Shares of the rows, one for each loader, in their order; what they add up to is no matter. */
  readonly weights: readonly number[];
  /**
   * Training rows of an epoch: until a loader's rows are exhausted, so that none is repeated
   * (`"shortest"`, the default); until all rows of all loaders were there, those of others repeatedly
   * (`"all"`); or a number.
   */
  readonly rows?: "shortest" | "all" | number | undefined;
  /** Seed of which rows are left out or repeated, apart from the run's. Default 0. */
  readonly seed?: number | undefined;
}

/** Signature of {@linkcode mix}. */
export type MixRows = <H extends RowHandles>(data: readonly [H, ...NoInfer<H>[]]) => H;

interface MixConfig {
  readonly weights: readonly number[];
  readonly rows: "shortest" | "all" | number;
  readonly seed: number;
}

const config: Schema<MixOptions, MixConfig> = lazySchema(() =>
  z.strictObject({
    weights: z.array(z.number().positive()).min(1).readonly().describe(
      "Shares of the rows, one for each loader",
    ),
    rows: z.union([z.enum(["shortest", "all"]), z.int().min(1)], {
      error: 'expected "shortest", "all" or a whole number of rows',
    }).default("shortest").describe(
      "Training rows of an epoch: until a loader is exhausted, until all are, or a number",
    ),
    seed: z.int().min(0).max(4294967295).default(0).describe(
      "Seed of which rows are left out or repeated, apart from the run's",
    ),
  })
);

type Ports = Readonly<Record<string, DataPort>>;

const stage = defineRowsStage<MixRows>()({
  name: "mix",
  family: "loader",
  kind: "rows",
  config,
  inputs: { data: { kind: "rows", variadic: true } },
  repeatsRows: ({ rows }) => rows !== "shortest",
  ports(inputs, { weights }) {
    const [first, ...others] = Object.values(inputs) as [Ports, ...Ports[]];
    if (weights.length !== 1 + others.length) {
      throw new RangeError(
        `Cannot mix ${
          1 + others.length
        } loaders by ${weights.length} weights: expected one for each`,
      );
    }
    others.forEach((other, i) => requireSame(first, other, i + 2));
    return first;
  },
  async open({ config: { weights, rows, seed }, split, path, inputs }) {
    const sources: (RowSource | null)[] = [];
    const close = () => sources.forEach((source) => source?.close?.());
    try {
      for (const input of Object.values(inputs)) sources.push(await input.open(split));
      const [ports] = Object.values(inputs).map(({ ports }) => ports);
      const isTraining = split === "train";
      if (!isTraining && sources.every((source) => source === null)) return null;
      const counts = sources.map((source) => source?.rows ?? 0);
      const mixture = isTraining
        ? listOf(mixtureOf(counts, { weights, rows, seed, path }))
        : together(counts, path);
      return mixtureRows(sources, {
        ports: ports!,
        mixture,
        fingerprint: () => {
          const fingerprints = sources.map((source) => source?.fingerprint ?? "");
          return `sha256:${sha256([JSON.stringify([fingerprints, weights, rows, seed])])}`;
        },
      });
    } catch (error) {
      close();
      throw error;
    }
  },
});

function requireSame(first: Ports, other: Ports, number: number): void {
  const text = (port: DataPort | undefined) => {
    if (port === undefined) return "nothing";
    if (port.kind === "labels") return `${port.classes} classes${listed(port.names)}`;
    return `${port.encoding ?? port.dtype}[${["batch", ...port.shape].join(", ")}]`;
  };
  for (const name of new Set([...Object.keys(first), ...Object.keys(other)])) {
    const [expected, received] = [text(first[name]), text(other[name])];
    if (expected === received) continue;
    throw new TypeError(
      `Cannot mix "${name}" of loader ${number}: received ${received}, expected ${expected}, ` +
        "as of the first",
    );
  }
}

function listed(names: readonly string[] | undefined): string {
  return names === undefined ? "" : ` (${names.join(", ")})`;
}

/** All rows, loader by loader, however many: where each is follows from how many each loader has. */
export function together(counts: readonly number[], path = "mix"): Mixture {
  let rows = 0;
  const ends = counts.map((count) => rows += count);
  if (rows > maxRows) {
    throw pipelineError({
      code: "rows",
      path,
      message: "Cannot put the rows of loaders together",
      received: formatAmount(rows, "row"),
      expected: `at most ${formatCount(maxRows)}`,
      hint: "read fewer rows of some of them",
    });
  }
  const source = (at: number) => ends.findIndex((end) => at < end);
  return {
    rows,
    source,
    row(at) {
      const own = source(at);
      return at - ends[own]! + counts[own]!;
    },
  };
}

/** Rows that were chosen one by one. */
interface ChosenRows {
  /** Number of each row's source. */
  readonly source: Uint16Array;
  /** Its number there. */
  readonly row: Uint32Array;
}

function listOf({ source, row }: ChosenRows): Mixture {
  return { rows: row.length, source: (at) => source[at]!, row: (at) => row[at]! };
}

/**
 * Which rows an epoch has, and in which order where it is not shuffled: every stretch of it has its share
 * of each loader, whose own rows ascend.
 */
export function mixtureOf(
  counts: readonly number[],
  { weights, rows, seed, path = "mix" }: MixConfig & { readonly path?: string },
): ChosenRows {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => weight / all);
  const totals = counts.map((count, i) => count / shares[i]!);
  const total = typeof rows === "number"
    ? rows
    : rows === "shortest"
    ? Math.min(...totals)
    : Math.max(...totals);
  // the least that may be: a tenth of ten rows is one, whatever 10 · 0.1 rounds to
  const wanted = shares.map((share, i) => {
    const exact = share * total;
    if (rows === "shortest") return Math.min(counts[i]!, Math.floor(exact + 1e-9));
    return rows === "all" ? Math.ceil(exact - 1e-9) : Math.round(exact);
  });
  requireMixture(counts, wanted, { weights, path });
  return merged(wanted.map((count, source) => chosen(counts[source]!, { count, seed, source })));
}

/** More rows have no numbers. */
const maxRows = 2 ** 32 - 1;
/** Bytes that rows which are chosen one by one may take, and that one does: its own and its source's number. */
const [mostChosenBytes, chosenBytes] = [1 << 30, 6];
const mostChosen = Math.floor(mostChosenBytes / chosenBytes);

function requireMixture(
  counts: readonly number[],
  wanted: readonly number[],
  { weights, path }: Pick<MixConfig, "weights"> & { readonly path: string },
): void {
  const total = wanted.reduce((sum, count) => sum + count, 0);
  if (!(total <= mostChosen)) {
    throw pipelineError({
      code: "rows",
      path,
      message: `Cannot mix loaders by the weights ${weights.join(", ")}`,
      received: formatAmount(total, "row"),
      expected: `at most ${formatCount(mostChosen)}, whose numbers take 1 GiB`,
      hint: "set rows to fewer, or weights nearer to each other",
    });
  }
  const left = wanted.findIndex((count, i) => count === 0 && counts[i]! > 0);
  if (left < 0) return;
  throw pipelineError({
    code: "rows",
    path,
    message: `Cannot mix loader ${left + 1} in by a weight of ${weights[left]}: none of its ${
      formatAmount(counts[left]!, "row")
    } would be among the ${formatCount(total)} of an epoch`,
    hint: "raise its weight, or rows",
  });
}

/** Rows of several loaders, each evenly spread over all. */
function merged(rows: readonly Uint32Array[]): ChosenRows {
  const total = rows.reduce((sum, { length }) => sum + length, 0);
  const [source, row] = [new Uint16Array(total), new Uint32Array(total)];
  const taken = rows.map(() => 0);
  for (let at = 0; at < total; at++) {
    let next = 0;
    let least = Infinity;
    for (let i = 0; i < rows.length; i++) {
      const place = (taken[i]! + 0.5) / rows[i]!.length;
      if (taken[i]! < rows[i]!.length && place < least) [next, least] = [i, place];
    }
    source[at] = next;
    row[at] = rows[next]![taken[next]!++]!;
  }
  return { source, row };
}

/** So many of the rows of a loader, ascending: all as often, to one. */
function chosen(
  rows: number,
  { count, seed, source }: {
    readonly count: number;
    readonly seed: number;
    readonly source: number;
  },
): Uint32Array {
  if (rows === 0) return new Uint32Array(0);
  const order = permutation(rows, { seed, path: `mix.${source}`, epoch: 0 });
  const own = new Uint32Array(count);
  for (let i = 0; i < count; i++) own[i] = order[i % rows]!;
  return own.sort();
}

/**
 * Mixes the training rows of loaders that give the same: of each, its share by `weights`, evenly spread.
 * `rows` says how long an epoch is. Which rows are left out or repeated depends on this stage's `seed`
 * alone, so that every epoch has the same ones, and the run's shuffle puts them into its order: a run that
 * is resumed goes on with the rows that it would have come to. Other splits have all rows of every loader
 * once, one loader after the other. Rows that are repeated cannot be divided any more: `split` comes
 * before a mix that repeats some, or that reads one loader twice.
 *
 * Shapes: what the loaders give, which must be the same
 *
 * Differs: `tf.data`'s `sample_from_datasets` draws the loader of each row by chance; here its share is
 * exact, to one row.
 *
 * Counterparts: Keras none; PyTorch `utils.data.WeightedRandomSampler`; TensorFlow.js none
 *
 * @returns A stage that takes an array of loaders and gives the handles of one.
 * @throws {TypeError} When loaders do not give the same, as the pipeline is checked.
 * @throws {RangeError} When there are not as many weights as loaders.
 * @throws {PipelineError} When one loader is read in two ways, whole and divided, as the pipeline is
 * checked; as the data is opened, when a loader would give no row, or there would be more rows than have
 * numbers.
 *
 * @example
 * ```ts
 * import { arrays, backward, dense, meanSquaredError, mix, pipeline, sgd, train } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const own = arrays({ x: [[1], [2], [3]], y: [[2], [4], [6]] });
 * const made = arrays({ x: [[4], [5], [6], [7]], y: [[8], [10], [12], [14]] });
 * const data = mix({ weights: [0.75, 0.25] })([own, made]); // three of its own, one of the made ones
 * const line = dense(1)(data.x);
 * const loss = meanSquaredError()({ predictions: line, targets: data.y });
 * const optimizer = sgd()(backward()(loss));
 * const { steps } = await train(
 *   pipeline({ name: "mixed", batchSize: 1, stages: { own, made, data, line, loss, optimizer } }),
 *   { device: "reference" },
 * );
 * assertEquals(steps, 4);
 * ```
 */
export function mix(options: MixOptions): MixRows {
  return stage(options);
}
