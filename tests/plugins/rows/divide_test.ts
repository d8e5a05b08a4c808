import { assert, assertEquals } from "@std/assert";
import { RandomStream } from "@millrace/millrace";
import { divide, type Division, type Keys } from "../../../plugins/rows/divide.ts";

/** Sizes, shares and keys at random; the seed is in the name of what fails. */
function* cases(by?: Keys["by"]) {
  for (let seed = 0; seed < 60; seed++) {
    const random = new RandomStream(seed, "divide");
    const total = 1 + random.below(200);
    const test = random.below(50) / 100;
    const folds = random.below(2) === 0 ? undefined : 2 + random.below(5);
    const parts = {
      test,
      validation: folds === undefined ? random.below(49) / 100 : 0,
      ...(folds === undefined ? {} : { folds: { count: folds, index: random.below(folds) } }),
    };
    const distinct = 1 + random.below(12);
    const keys = Float64Array.from({ length: total }, () => random.below(distinct));
    yield {
      total,
      parts,
      seed,
      ...(by === undefined ? {} : { keys: { by, keys } }),
      text: JSON.stringify({ seed, total, parts }),
    };
  }
}

/** No row is in two parts; all are in one, if there is a total. */
function requireApart(
  { train, validation, test }: Division,
  { total, text }: { readonly total: number | null; readonly text: string },
): void {
  const all = [...train, ...validation, ...test].sort((a, b) => a - b);
  assertEquals(new Set(all).size, all.length, text);
  if (total !== null) assertEquals(all, Array.from({ length: total }, (_, row) => row), text);
}

for (const by of [undefined, "stratum", "group", "time"] as const) {
  Deno.test(`divide() puts every row into one part, by ${by ?? "chance"}`, () => {
    for (const { text, total, ...options } of cases(by)) {
      // folds that grow with time leave out what is later than the one that is looked at
      const isGrowing = by === "time" && options.parts.folds !== undefined;
      requireApart(divide(total, options), { total: isGrowing ? null : total, text });
      assertEquals(divide(total, options), divide(total, options));
    }
  });
}

for (const by of [undefined, "stratum", "group"] as const) {
  Deno.test(`divide() has every row in the validation part of one fold, by ${by ?? "chance"}`, () => {
    for (const { text, total, parts, ...options } of cases(by)) {
      const count = 4;
      const divisions = Array.from(
        { length: count },
        (_, index) => divide(total, { ...options, parts: { ...parts, folds: { count, index } } }),
      );
      const { test } = divisions[0]!;
      const seen = [...test, ...divisions.flatMap(({ validation }) => [...validation])];
      assertEquals(seen.sort((a, b) => a - b), Array.from({ length: total }, (_, i) => i), text);
      for (const division of divisions) assertEquals(division.test, test, text);
    }
  });
}

Deno.test("divide() gives parts the sizes asked for, to the nearest row", () => {
  for (const { text, total, parts, seed } of cases()) {
    const { test, validation, train } = divide(total, { parts, seed });
    assertEquals(test.length, Math.round(total * parts.test), text);
    if (parts.folds === undefined) {
      assertEquals(validation.length, Math.round(total * parts.validation), text);
    } else {
      const { count } = parts.folds;
      assert(Math.abs(validation.length - (total - test.length) / count) < 1, text);
    }
    assert(train.every((row, i) => i === 0 || row > train[i - 1]!), text);
  }
});

Deno.test("divide() gives every part its share of each stratum, to one row", () => {
  for (const { text, total, keys, ...options } of cases("stratum")) {
    const division = divide(total, { ...options, keys });
    for (const key of new Set(keys!.keys)) {
      const size = keys!.keys.filter((other) => other === key).length;
      for (const part of Object.values<Uint32Array>({ ...division })) {
        const count = part.filter((row) => keys!.keys[row] === key).length;
        // one row where it begins, one where it ends; training has a part on each side
        assert(Math.abs(count - size * part.length / total) <= 2, `${text} ${key}`);
      }
    }
  }
});

Deno.test("divide() keeps groups together, and sizes as near as the largest group allows", () => {
  for (const { text, total, keys, parts, ...options } of cases("group")) {
    const division = divide(total, { ...options, parts, keys });
    const partOf = new Map<number, string>();
    for (const [name, part] of Object.entries<Uint32Array>({ ...division })) {
      for (const row of part) {
        const key = keys!.keys[row]!;
        assertEquals(partOf.get(key) ?? name, name, text);
        partOf.set(key, name);
      }
    }
    const sizes = [...Map.groupBy(keys!.keys, (key) => key).values()].map(({ length }) => length);
    assert(division.test.length - total * parts.test < Math.max(...sizes), text);
  }
});

Deno.test("divide() has no training row later than another part's, nor validation than test", () => {
  for (const { text, total, keys, ...options } of cases("time")) {
    const { train, validation, test } = divide(total, { ...options, keys });
    const times = (rows: Uint32Array) => Array.from(rows, (row) => keys!.keys[row]!);
    const latest = Math.max(...times(train));
    assert(Math.min(...times(validation)) >= latest, text);
    assert(Math.min(...times(test)) >= Math.max(latest, ...times(validation)), text);
  }
});

Deno.test("divide() grows by time as scikit-learn's TimeSeriesSplit, over 8 rows in 3 folds", () => {
  const keys = { by: "time", keys: [0, 1, 2, 3, 4, 5, 6, 7] } as const;
  const folds = [0, 1, 2].map((index) =>
    divide(8, { seed: 0, keys, parts: { test: 0, validation: 0, folds: { count: 3, index } } })
  );
  assertEquals(folds.map(({ train, validation }) => [train.length, [...validation]]), [
    [2, [2, 3]],
    [4, [4, 5]],
    [6, [6, 7]],
  ]);
});

Deno.test("divide() chooses other rows with another seed", () => {
  const parts = { test: 0.2, validation: 0.1 };
  const tests = [0, 1, 2].map((seed) => divide(100, { parts, seed }).test.join());
  assertEquals(new Set(tests).size, 3);
});
