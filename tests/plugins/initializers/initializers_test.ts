import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type Initializer, RandomStream, sizeOf } from "../../../core/mod.ts";
import {
  constant,
  type InitializerName,
  namedInitializers,
  ones,
  resolveInitializer,
  zeros,
} from "../../../plugins/initializers/mod.ts";
import { readGolden } from "../../golden/golden.ts";

interface InitializerCase {
  readonly name: InitializerName;
  readonly shape: readonly number[];
  readonly std: number;
  readonly bound: number;
}

function sample(initializer: Initializer, shape: readonly number[], seed = 0): Float32Array {
  return initializer.sample(shape, new RandomStream(seed, "weight"));
}

for (const { name, shape, std, bound } of await readGolden<InitializerCase>("initializers")) {
  Deno.test(`${name}() of [${shape}] has the bound and deviation that PyTorch's rules give`, () => {
    const initializer = namedInitializers[name]();
    assertEquals(initializer.name, name);
    const weights = sample(initializer, shape);
    assertEquals(weights.length, sizeOf(shape));
    const largest = weights.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
    assert(largest <= bound * 1.001, `the largest is ${largest}, the bound ${bound}`);
    assert(largest > bound * 0.98, `the largest is ${largest}, the bound ${bound}`);
    const mean = weights.reduce((sum, w) => sum + w, 0) / weights.length;
    const variance = weights.reduce((sum, w) => sum + (w - mean) ** 2, 0) / weights.length;
    assertAlmostEquals(mean / std, 0, 0.02);
    assertAlmostEquals(Math.sqrt(variance) / std, 1, 0.02);
  });
}

for (const name of Object.keys(namedInitializers) as InitializerName[]) {
  if (name === "ones" || name === "zeros") continue;
  Deno.test(`${name}() depends on the seed alone`, () => {
    const initializer = namedInitializers[name]();
    assertEquals(sample(initializer, [3, 4], 7), sample(initializer, [3, 4], 7));
    assert(sample(initializer, [3, 4], 7)[0] !== sample(initializer, [3, 4], 8)[0]);
  });
}

Deno.test("zeros(), ones() and constant() give one number", () => {
  assertEquals(sample(zeros(), [2, 2]), new Float32Array(4));
  assertEquals(sample(ones(), [3]), Float32Array.of(1, 1, 1));
  assertEquals(sample(constant(-0.5), []), Float32Array.of(-0.5));
  assertEquals(constant(0.1).name, "constant(0.1)");
});

Deno.test("constant() refuses what is not finite", () => {
  assertThrows(() => constant(NaN), RangeError, "Cannot initialize with NaN");
});

Deno.test("resolveInitializer() takes names and initializers", () => {
  assertEquals(resolveInitializer("heNormal").name, "heNormal");
  const own = constant(2);
  assertEquals(resolveInitializer(own), own);
});
