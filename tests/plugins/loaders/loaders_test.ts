import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  arrays,
  csv,
  DataError,
  idx,
  iris,
  mnist,
  type Split,
  stageCallOf,
  syntheticClassification,
  validate,
} from "@millrace/millrace";
import { openLoader, rowsOf, withFiles } from "../../support/loaders.ts";

const table = arrays({
  x: [[1, 2], [3, 4], [5, 6]],
  kind: { values: [2, 0, 1], classes: ["a", "b", "c"] },
}, { test: { x: [[7, 8]], kind: [1] } });

Deno.test("arrays() gives the rows asked for, in the order asked for", async () => {
  assertEquals(await rowsOf(table), { x: [1, 2, 3, 4, 5, 6], kind: [2, 0, 1] });
  assertEquals(await rowsOf(table, { rows: [2, 0, 0, 1] }), {
    x: [5, 6, 1, 2, 1, 2, 3, 4],
    kind: [1, 2, 2, 0],
  });
  assertEquals(await rowsOf(table, { split: "test" }), { x: [7, 8], kind: [1] });
});

Deno.test("arrays() says what its ports carry", async () => {
  const { ports, source } = await openLoader(table);
  assertEquals(ports, {
    x: { kind: "tensor", dtype: "f32", shape: [2] },
    kind: { kind: "labels", dtype: "u8", classes: 3, names: ["a", "b", "c"] },
  });
  assertEquals(source!.rows, 3);
});

Deno.test("arrays() has no split that it was not given", async () => {
  assertEquals((await openLoader(table, "validation")).source, null);
});

Deno.test("arrays() takes typed arrays as rows", async () => {
  const rows = arrays({ x: [Float32Array.of(1, 2), Float32Array.of(3, 4)] });
  assertEquals(await rowsOf(rows), { x: [1, 2, 3, 4] });
});

Deno.test("arrays() has a fingerprint of its data", async () => {
  const fingerprint = async (handles: unknown) => (await openLoader(handles)).source!.fingerprint;
  const first = await fingerprint(arrays({ x: [[1]], y: [[2]] }));
  assertEquals(await fingerprint(arrays({ x: [[1]], y: [[2]] })), first);
  assert(await fingerprint(arrays({ x: [[1]], y: [[3]] })) !== first);
  assert(await fingerprint(arrays({ x: [[1]], z: [[2]] })) !== first);
});

Deno.test("arrays() copies wide rows in blocks", async () => {
  const wide = Array.from({ length: 5 }, (_, row) => Array.from({ length: 40 }, () => row));
  const { x } = await rowsOf(arrays({ x: wide }), { rows: [3, 4, 0, 1, 2, 2] });
  assertEquals(x!.filter((_, i) => i % 40 === 0), [3, 4, 0, 1, 2, 2]);
  assertEquals(x!.filter((_, i) => i % 40 === 39), [3, 4, 0, 1, 2, 2]);
});

Deno.test("arrays() gives its memory back as it is closed", async () => {
  const { source } = await openLoader(arrays({ x: [new Float32Array(2_500_000)] }));
  const before = Deno.memoryUsage().external;
  source!.close!();
  const freed = before - Deno.memoryUsage().external;
  assert(freed >= 10_000_000, `${freed} bytes`);
});

const blobs = syntheticClassification({
  rows: 300,
  features: 2,
  classes: 3,
  testRows: 30,
  noise: 0.1,
});

Deno.test("syntheticClassification() makes rows around the centre of their class", async () => {
  const { features, label } = await rowsOf(blobs);
  const { features: others, label: otherLabels } = await rowsOf(blobs, { split: "test" });
  assertEquals(features!.length, 600);
  assertEquals(otherLabels!.length, 30);
  for (let c = 0; c < 3; c++) {
    const first = (values: number[], labels: number[]) =>
      labels.flatMap((own, row) => own === c ? [values[2 * row]!] : []);
    const own = first(features!, label!);
    const centre = own.reduce((sum, x) => sum + x, 0) / own.length;
    const std = Math.sqrt(own.reduce((sum, x) => sum + (x - centre) ** 2, 0) / own.length);
    assert(Math.abs(std - 0.1) < 0.03, `the standard deviation is ${std}`);
    for (const x of first(others!, otherLabels!)) assert(Math.abs(x - centre) < 0.5);
  }
});

Deno.test("syntheticClassification() gives a row the same numbers in whatever order rows are read", async () => {
  const odd = syntheticClassification({ rows: 7, features: 3, classes: 2, noise: 0.5, seed: 4 });
  const all = await rowsOf(odd);
  const order = [5, 0, 6, 2, 5];
  const some = await rowsOf(odd, { rows: order });
  assertEquals(some.features, order.flatMap((row) => all.features!.slice(3 * row, 3 * row + 3)));
  assertEquals(some.label, order.map((row) => row % 2));
  // the first row, as it was drawn before rows were made on demand
  assertEquals(all.features!.slice(0, 3), [
    1.2949855327606201,
    -1.2895580530166626,
    -2.2408173084259033,
  ]);
  const fingerprint = async (handles: unknown) => (await openLoader(handles)).source!.fingerprint;
  const other = syntheticClassification({ rows: 7, features: 3, classes: 2, noise: 0.4, seed: 4 });
  assert(await fingerprint(odd) !== await fingerprint(other));
});

Deno.test("syntheticClassification() depends on its own seed alone", async () => {
  const make = (seed: number) =>
    rowsOf(syntheticClassification({ rows: 4, features: 2, classes: 2, seed }));
  assertEquals(await make(1), await make(1));
  assert((await make(1)).features![0] !== (await make(2)).features![0]);
});

const houses = [
  "rooms,kind,price,age",
  ...Array.from(
    { length: 10 },
    (_, i) => `${i},${i % 2 === 0 ? "flat" : "house"},${100 + i},${-i}`,
  ),
].join("\n");

Deno.test("csv() gives features, targets and labels by their columns", async () => {
  await withFiles({ "houses.csv": houses }, async (folder) => {
    const loader = csv({
      path: `${folder}/houses.csv`,
      features: ["age", "rooms"],
      targets: ["price"],
      label: { column: "kind", classes: ["house", "flat"] },
    });
    const { ports } = await openLoader(loader);
    assertEquals(ports, {
      features: { kind: "tensor", dtype: "f32", shape: [2], columns: ["age", "rooms"] },
      targets: { kind: "tensor", dtype: "f32", shape: [1], columns: ["price"] },
      label: {
        kind: "labels",
        dtype: "u8",
        classes: 2,
        names: ["house", "flat"],
        column: "kind",
      },
    });
    assertEquals(await rowsOf(loader, { rows: [3, 0] }), {
      features: [-3, 3, 0, 0],
      targets: [103, 100],
      label: [0, 1],
    });
    assertEquals((await openLoader(loader, "test")).source, null);
  });
});

Deno.test("csv() says which row and column it cannot read", async () => {
  const broken = houses.replace("\n4,", "\nfour,");
  await withFiles({ "houses.csv": broken }, async (folder) => {
    const path = `${folder}/houses.csv`;
    const loader = csv({ path, features: ["rooms"] });
    const error = await assertRejects(() => openLoader(loader), DataError);
    assertEquals([error.file, error.row, error.column], [path, 6, "rooms"]);
    assertStringIncludes(error.message, "hint: correct the field, or leave the column out");
    await Deno.writeTextFile(path, houses.replace("\n4,", "\n,"));
    await assertRejects(
      () => openLoader(loader),
      DataError,
      "hint: fill it in, remove the row, leave the column out, or set missing to",
    );
  });
});

/** An IDX file of unsigned bytes. */
function idxFile(shape: readonly number[], bytes: readonly number[]): Uint8Array {
  const sizes = shape.flatMap((size) => [0, 0, size >> 8, size & 255]);
  return Uint8Array.from([0, 0, 8, shape.length, ...sizes, ...bytes]);
}

const idxFiles = {
  images: idxFile([4, 1, 2], [0, 1, 10, 11, 20, 21, 30, 31]),
  labels: idxFile([4], [0, 1, 2, 1]),
};

Deno.test("idx() gives images and labels, the last training rows for validation", async () => {
  await withFiles(idxFiles, async (folder) => {
    const files = { images: `${folder}/images`, labels: `${folder}/labels` };
    const loader = idx({ ...files, shape: [1, 2], classes: 3, validationSize: 1, test: files });
    assertEquals(await rowsOf(loader, { rows: [2, 0] }), { image: [20, 21, 0, 1], label: [2, 0] });
    assertEquals(await rowsOf(loader, { split: "validation" }), { image: [30, 31], label: [1] });
    assertEquals((await rowsOf(loader, { split: "test" })).label, [0, 1, 2, 1]);
    assertEquals((await openLoader(loader)).source!.rows, 3);
    const plain = idx({ ...files, shape: [1, 2], classes: 3 });
    assertEquals((await openLoader(plain, "validation")).source, null);
    assertEquals((await openLoader(plain, "test")).source, null);
  });
});

Deno.test("idx() reads no more rows than are asked for", async () => {
  await withFiles(idxFiles, async (folder) => {
    const files = { images: `${folder}/images`, labels: `${folder}/labels` };
    const call = stageCallOf(
      idx({ ...files, shape: [1, 2], classes: 3, validationSize: 2, test: files }),
    )!;
    assert(call.definition.kind === "loader");
    const { definition } = call;
    const validated = validate(definition.config, call.options, "table");
    assert(validated.ok);
    const { config } = validated;
    const rows = async (split: Split, limit: number) =>
      (await definition.open({ config, split, seed: 0, path: "table", limit }))!.rows;
    assertEquals([await rows("train", 1), await rows("validation", 1), await rows("test", 3)], [
      1,
      1,
      3,
    ]);
    assertEquals([await rows("train", 9), await rows("test", 9)], [2, 4]);
  });
});

Deno.test("idx() names the row of a wrong label as it is in the file, whatever part is read", async () => {
  await withFiles({ ...idxFiles, wrong: idxFile([4], [0, 1, 2, 7]) }, async (folder) => {
    const files = { images: `${folder}/images`, labels: `${folder}/wrong` };
    const loader = idx({ ...files, shape: [1, 2], classes: 3, validationSize: 2 });
    assertEquals((await openLoader(loader)).source!.rows, 2);
    const error = await assertRejects(() => openLoader(loader, "validation"), DataError);
    assertEquals(error.row, 4);
  });
});

Deno.test("idx() refuses files that are not what the loader says", async () => {
  const floats = Uint8Array.from([0, 0, 13, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0]);
  const files = {
    ...idxFiles,
    floats,
    few: idxFile([3], [0, 1, 2]),
    empty: idxFile([0, 1, 2], []),
    none: idxFile([0], []),
  };
  await withFiles(files, async (folder) => {
    const [images, labels] = [`${folder}/images`, `${folder}/labels`];
    const refuses = async (handles: unknown, message: string) => {
      await assertRejects(() => openLoader(handles), DataError, message);
    };
    await refuses(
      idx({ images, labels, shape: [2, 2], classes: 3 }),
      "Cannot use these images: received u8[4, 1, 2], expected u8[n, 2, 2]",
    );
    await refuses(
      idx({ images, labels: `${folder}/few`, shape: [1, 2], classes: 3 }),
      "Cannot use these labels: received u8[3], expected u8[4]",
    );
    await refuses(
      idx({ images: `${folder}/empty`, labels: `${folder}/none`, shape: [1, 2], classes: 3 }),
      "Cannot use these images: the file has none",
    );
    await refuses(
      idx({ images: `${folder}/floats`, labels, shape: [1, 1], classes: 3 }),
      "hint: write the file anew with unsigned bytes",
    );
    await refuses(
      idx({ images, labels, shape: [1, 2], classes: 2 }),
      "Cannot use the label 2: expected a class number from 0 to 1",
    );
    await refuses(
      idx({ images, labels, shape: [1, 2], classes: 3, validationSize: 4 }),
      "Cannot keep 4 rows for validation: there are 4",
    );
  });
});

Deno.test("mnist() has 60,000 training and 10,000 test digits, the first a 5 and a 7", async () => {
  const digits = mnist({ validationSize: 5000 });
  const counts: number[] = [];
  for (const split of ["train", "validation", "test"] as const) {
    counts.push((await openLoader(digits, split)).source!.rows);
  }
  assertEquals(counts, [55000, 5000, 10000]);
  const first = await rowsOf(digits, { rows: [0] });
  assertEquals(first.label, [5]);
  assertEquals(first.image!.length, 784);
  assertEquals(first.image!.reduce((sum, pixel) => sum + pixel, 0), 27525);
  assertEquals((await rowsOf(digits, { split: "test", rows: [0] })).label, [7]);
});

Deno.test("iris() gives 50 flowers of each species, and their mean measurements", async () => {
  const { measurements, species } = await rowsOf(iris());
  for (const kind of [0, 1, 2]) {
    assertEquals(species!.filter((other) => other === kind).length, 50);
  }
  const means = [0, 1, 2, 3].map((column) =>
    measurements!.reduce((sum, value, i) => i % 4 === column ? sum + value / 150 : sum, 0)
  );
  // Fisher's means, of all flowers
  [5.843, 3.057, 3.758, 1.199].forEach((mean, i) => assert(Math.abs(means[i]! - mean) < 1e-3));
});
