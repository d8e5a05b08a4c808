/**
 * How fast are the rows of a large table taken by their numbers, and sums added into them? The sizes
 * are those of an embedding of 50,000 words in 128 numbers, and of a batch of 32 texts of 64 words; and
 * the same with a vocabulary of 1000 words, which stays in a cache.
 *
 * @module
 */
import { ops } from "@millrace/millrace";
import { type BenchCase, loopVariant, register } from "./support/case.ts";
import { deviceVariants, normals } from "./support/graph.ts";

const [texts, length, units] = [32, 64, 128];
const rows = texts * length;
const list = { shape: [texts, length], dtype: "i32" } as const;

/** Taking rows of a table, and its gradient. */
function embedding(words: number): BenchCase[] {
  const indices = Int32Array.from(
    { length: rows },
    (_, i) => Math.floor(words * ((i * Math.SQRT2) % 1)),
  );
  const table = { shape: [words, units], dtype: "f32" } as const;
  const taken = { shape: [texts, length, units], dtype: "f32" } as const;
  return [
    {
      name: `gather ${rows} of ${words}x${units}`,
      bytes: 4 * (rows + 2 * rows * units),
      isWatched: true,
      variants: [
        loopVariant(() => {
          const weight = normals("weight", words * units);
          const made = new Float32Array(rows * units);
          const run = () => {
            for (let i = 0; i < rows; i++) {
              const from = indices[i]! * units;
              made.set(weight.subarray(from, from + units), i * units);
            }
          };
          return { run, result: () => made };
        }),
        ...deviceVariants((builder) => {
          const weight = builder.input("weight", table);
          builder.output("taken", ops.gather(weight, builder.input("list", list)));
        }, { list: indices }),
      ],
    },
    {
      name: `scatterAdd ${rows} into ${words}x${units}`,
      bytes: 4 * (rows + rows * units + words * units),
      isWatched: true,
      variants: [
        loopVariant(() => {
          const updates = normals("updates", rows * units);
          const made = new Float32Array(words * units);
          const run = () => {
            made.fill(0);
            for (let i = 0; i < rows; i++) {
              const to = indices[i]! * units;
              for (let j = 0; j < units; j++) made[to + j]! += updates[i * units + j]!;
            }
          };
          return { run, result: () => made };
        }),
        ...deviceVariants((builder) => {
          const updates = builder.input("updates", taken);
          const numbers = builder.input("list", list);
          builder.output("sums", ops.scatterAdd(updates, numbers, { size: words }));
        }, { list: indices }),
      ],
    },
  ];
}

/** The cases. */
export const cases: readonly BenchCase[] = [50_000, 1000].flatMap(embedding);

await register(cases, import.meta);
