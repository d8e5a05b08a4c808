/**
 * What transforms that are fitted have in common: passing over the features of the training split.
 *
 * @module
 */
import { type HostTensor, hostTensor, RandomStream, type Shape, sizeOf } from "../../core/mod.ts";

/** Batches of one input `x`. */
export type FeatureBatches = AsyncIterable<Readonly<Record<string, HostTensor>>>;

/** Rows that are kept for quantiles; of more, as many are chosen by chance. */
export const keptRows = 100_000;

/** The shape of a row, and every feature's values that are not missing. */
export interface FeatureValues {
  readonly shape: Shape;
  /** Sorted values of each feature; of 100,000 rows by chance where there are more. */
  readonly sorted: readonly Float32Array[];
}

/**
 * Passes over batches with a value for each feature.
 *
 * @throws {RangeError} When there is no row.
 */
export async function eachFeature<S>(
  batches: FeatureBatches,
  { name, begin, add }: {
    /** Name of the transform, for the message. */
    readonly name: string;
    /** Makes what is gathered. */
    readonly begin: (features: number) => S;
    /** Takes the row at `first` of `values`. */
    readonly add: (gathered: S, values: HostTensor["data"], first: number) => void;
  },
): Promise<{ readonly gathered: S; readonly shape: Shape }> {
  let gathered: S | undefined;
  let shape: Shape = [];
  for await (const { x } of batches) {
    shape = x!.shape.slice(1);
    const features = sizeOf(shape);
    gathered ??= begin(features);
    for (let row = 0; row < x!.shape[0]!; row++) add(gathered, x!.data, row * features);
  }
  if (gathered === undefined) {
    throw new RangeError(`Cannot fit "${name}": the training split has no rows`);
  }
  return { gathered, shape };
}

/** Gathers the values of each feature, sorted, without those that are missing (NaN). */
export async function sortedFeatures(
  batches: FeatureBatches,
  name: string,
): Promise<FeatureValues> {
  const random = new RandomStream(0, `${name}.rows`);
  let seen = 0;
  const { gathered, shape } = await eachFeature(batches, {
    name,
    begin: (features) => Array.from({ length: features }, (): number[] => []),
    add(columns, values, first) {
      // reservoir sampling: every row is kept with the same chance
      const place = seen < keptRows ? seen : random.below(seen + 1);
      seen++;
      if (place < keptRows) columns.forEach((column, i) => column[place] = values[first + i]!);
    },
  });
  return {
    shape,
    sorted: gathered.map((column) =>
      Float32Array.from(column).filter((value) => !Number.isNaN(value)).sort()
    ),
  };
}

/** A quantile of sorted values, between two of them in proportion; NaN when there is none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] ?? NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? NaN;
  return low + (high - low) * (place - below);
}

/** A number for each feature, as a tensor of the shape of a row. */
export function featureTensor(values: ArrayLike<number>, shape: Shape): HostTensor {
  return hostTensor(Float32Array.from(values), { shape });
}
