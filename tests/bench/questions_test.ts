import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { webgpuDevice } from "@millrace/millrace";
import { chosenOf, questions } from "../../bench/questions.ts";
import { register } from "../../bench/support/case.ts";

const hasWebgpu = (await webgpuDevice().probe()).available;

const cases = Object.values(questions).flat();

Deno.test("questions name every case once", () => {
  const names = cases.map(({ name }) => name);
  assertEquals(names.length, new Set(names).size);
  for (const { variants } of cases) {
    const own = variants.map(({ name }) => name);
    assertEquals(own.length, new Set(own).size);
  }
});

Deno.test("questions watch kernels and steps on one thread", () => {
  const watched = cases.filter(({ isWatched }) => isWatched);
  assert(watched.length > 20);
  for (const { name, variants } of watched) {
    assertEquals(
      variants.filter(({ device, threads }) => device === "wasm" && threads === 1).length,
      1,
      name,
    );
  }
});

Deno.test("chosenOf() leaves out questions without a case", () => {
  const chosen = chosenOf(questions, ({ name }) => name === "neuron, batch 4");
  assertEquals(Object.keys(chosen), ["step"]);
});

Deno.test("register() does nothing when another program imports the cases", async () => {
  const prepare = () => {
    throw new Error("it was made ready");
  };
  const variants = [{ name: "loop", threads: 1, prepare }];
  const url = import.meta.resolve("../../bench/matmul_bench.ts");
  await register([{ name: "case", variants }], { url });
});

for (const [number, { name, flops = 0, bytes = 0, variants }] of cases.entries()) {
  // the largest take seconds, and compute as their smaller siblings do
  if (flops > 5e7 || bytes > 5e6) continue;
  const [first, ...others] = variants;
  if (first?.name !== "loop" || /batch \d/.test(name)) continue;
  Deno.test(`the variants of "${name}" compute the same`, async () => {
    const expected = await resultOf(first);
    for (const variant of others) {
      // where no GPU is, its shaders take almost a second a case to compile
      if (variant.device === "webgpu" && (!hasWebgpu || number % 8 > 0)) continue;
      const actual = await resultOf(variant);
      assertEquals(actual.length, expected.length);
      expected.forEach((value, i) => {
        const tolerance = 1e-4 * Math.max(1, Math.abs(value)) * Math.sqrt(1 + flops / 1e6);
        assertAlmostEquals(actual[i]!, value, tolerance);
      });
    }
  });
}

async function resultOf(variant: typeof cases[number]["variants"][number]): Promise<number[]> {
  const { run, result, close } = await variant.prepare();
  await run();
  const elements = await result!();
  await close?.();
  return Array.from(elements);
}
