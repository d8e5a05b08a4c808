import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../core/errors.ts";
import {
  compareRatios,
  formatChanges,
  parseBaseline,
  ratiosOf,
  smallest,
} from "../../../bench/support/baseline.ts";

const baseline = {
  date: "2026-01-02",
  machine: { processor: "P", cores: 2, memoryGiB: 4, system: "linux" },
  versions: { deno: "2.9.6" },
  ratios: { exp: 2, "exp, wide": 1.5 },
};

Deno.test("parseBaseline() gives back what was saved", () => {
  assertEquals(parseBaseline(JSON.stringify(baseline), "b.json"), baseline);
});

Deno.test("parseBaseline() names the file and the field that cannot be used", () => {
  const torn = { ...baseline, ratios: { exp: -1 } };
  const { message } = assertThrows(
    () => parseBaseline(JSON.stringify(torn), "b.json"),
    UsageError,
    'Cannot read baseline "b.json": field "ratios.exp"',
  );
  assertEquals(message.includes("\n"), false);
  assertThrows(
    () => parseBaseline("{", "b.json"),
    UsageError,
    'Cannot read baseline "b.json": Expected',
  );
});

Deno.test("ratiosOf() keeps wide vectors apart", () => {
  const measured = {
    question: "ops",
    case: "exp",
    variant: "1 thread",
    threads: 1,
    device: "wasm" as const,
    fastestNs: 1,
    medianNs: 1,
  };
  assertEquals(
    ratiosOf([
      { wide: false, peak: 50, measurements: [{ ...measured, ratio: 2.000049 }] },
      { wide: true, peak: 100, measurements: [{ ...measured, ratio: 1.5 }] },
    ]),
    { exp: 2, "exp, wide": 1.5 },
  );
});

Deno.test("smallest() takes the smaller of two, and what only one has", () => {
  assertEquals(smallest({ a: 1, b: 5 }, { b: 4, c: 3 }), { a: 1, b: 4, c: 3 });
});

Deno.test("compareRatios() marks what left the tolerance, either way", () => {
  const before = { slow: 10, fast: 11.1, same: 10, edge: 10, gone: 1 };
  const after = { slow: 11.1, fast: 10, same: 9.5, edge: 11, added: 1 };
  const changes = compareRatios([before, after], { tolerance: 0.1 });
  assertEquals(
    Object.fromEntries(changes.map(({ name, verdict }) => [name, verdict])),
    {
      slow: "slower",
      fast: "faster",
      same: "same",
      edge: "same",
      gone: "gone",
      added: "added",
    },
  );
});

Deno.test("formatChanges() shows ratios, percent, and a mark at what is slower", () => {
  const before = { "matmul 64x64x64": 0.428, exp: 2, gone: 1 };
  const after = { "matmul 64x64x64": 0.5, exp: 1.9999, added: 30 };
  assertEquals(
    formatChanges(compareRatios([before, after], { tolerance: 0.1 })),
    `\
   ratio to the calibration loop  before  after   change
!  matmul 64x64x64                 0.428  0.500  +16.8 %  slower
   exp                              2.00   2.00   +0.0 %
   gone                             1.00      -           gone
   added                               -   30.0           added
`,
  );
});
