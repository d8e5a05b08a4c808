/**
 * How fast are the rows of a large table taken by their numbers, and sums added into them, beside plain
 * loops? The sizes are those of an embedding of 50,000 words in 128 numbers, and of a batch of 32 texts
 * of 64 words; and the same with a vocabulary of 1000 words, which stays in a cache.
 *
 * @module
 */
import { type Device, ops, wasmDevice } from "@millrace/millrace";
import { normals, prepare } from "./support.ts";

const [texts, length, units] = [32, 64, 128];
const rows = texts * length;
const device: Device = wasmDevice();

for (const words of [50_000, 1000]) {
  const table = { shape: [words, units], dtype: "f32" } as const;
  const list = { shape: [texts, length], dtype: "i32" } as const;
  const indices = Int32Array.from(
    { length: rows },
    (_, i) => Math.floor(words * ((i * Math.SQRT2) % 1)),
  );
  const weight = normals("weight", words * units);
  const taken = normals("taken", rows * units);

  const takes = `take ${rows} of ${words} rows`;
  Deno.bench("loop", { group: takes, baseline: true }, () => {
    for (let i = 0; i < rows; i++) {
      const from = indices[i]! * units;
      taken.set(weight.subarray(from, from + units), i * units);
    }
  });
  const gather = await prepare(device, (builder) => {
    builder.output("y", ops.gather(builder.input("weight", table), builder.input("list", list)));
  }, { list: indices });
  Deno.bench(device.name, { group: takes }, () => gather());

  const adds = `add ${rows} into ${words} rows`;
  Deno.bench("loop", { group: adds, baseline: true }, () => {
    weight.fill(0);
    for (let i = 0; i < rows; i++) {
      const to = indices[i]! * units;
      for (let j = 0; j < units; j++) weight[to + j]! += taken[i * units + j]!;
    }
  });
  const scatter = await prepare(device, (builder) => {
    const updates = builder.input("updates", { shape: [texts, length, units], dtype: "f32" });
    builder.output("y", ops.scatterAdd(updates, builder.input("list", list), { size: words }));
  }, { list: indices });
  Deno.bench(device.name, { group: adds }, () => scatter());
}
