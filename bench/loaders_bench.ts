/**
 * How many rows a second does each loader read? `deno task bench:loaders` sets other readers beside it.
 *
 * @module
 */
import { formats } from "./loaders/formats.ts";
import { type BenchCase, register } from "./support/case.ts";

/** The cases: a file is opened and all its rows are read. */
export const cases: readonly BenchCase[] = formats.map(({ name, rows, file, readers }) => ({
  name: `${rows} rows of ${name}`,
  samples: rows,
  variants: [{
    name: "loader",
    threads: 1,
    async prepare() {
      const path = await file();
      return { run: () => readers.millrace!(path) };
    },
  }],
}));

await register(cases, import.meta);
