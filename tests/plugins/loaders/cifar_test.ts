import { assertEquals, assertRejects } from "@std/assert";
import { cifar10, cifar100, DataError } from "@millrace/millrace";
import { openLoader, rowsOf, withFiles } from "../../support/loaders.ts";
import { assertSurvivesDamageAsync } from "../../support/mutate.ts";

/** A record: its class numbers, then planes whose pixel `i` is `i` plus the plane's number, and `shift`. */
function record(labels: readonly number[], shift = 0): number[] {
  const planes = Array.from({ length: 3072 }, (_, i) => (i % 1024 + (i >> 10) + shift) & 255);
  return [...labels, ...planes];
}

const batches = Object.fromEntries(
  [1, 2, 3, 4, 5].map((batch) => [
    `data_batch_${batch}.bin`,
    Uint8Array.from([...record([batch], batch), ...record([9], 10 * batch)]),
  ]),
);
const files = { ...batches, "test_batch.bin": Uint8Array.from(record([3])) };

Deno.test("cifar10() gives pixels of three colours, over all files", async () => {
  await withFiles(files, async (folder) => {
    const { ports, source } = await openLoader(cifar10({ folder }));
    assertEquals(source!.rows, 10);
    assertEquals(ports.image, { kind: "tensor", dtype: "u8", shape: [32, 32, 3] });
    assertEquals(ports.label!.kind === "labels" && ports.label!.names![9], "truck");
    const { image, label } = await rowsOf(cifar10({ folder }), { rows: [2, 9] });
    assertEquals(label, [2, 9]);
    assertEquals(image!.slice(0, 6), [2, 3, 4, 3, 4, 5]);
    assertEquals(image!.slice(3072, 3078), [50, 51, 52, 51, 52, 53]);
    assertEquals(await rowsOf(cifar10({ folder }), { split: "test" }).then(({ label }) => label), [
      3,
    ]);
  });
});

Deno.test("cifar10() keeps its last rows for validation, and reads no more than is asked for", async () => {
  await withFiles(files, async (folder) => {
    const loader = cifar10({ folder, validationSize: 3 });
    assertEquals((await rowsOf(loader)).label, [1, 9, 2, 9, 3, 9, 4]);
    assertEquals((await rowsOf(loader, { split: "validation" })).label, [9, 5, 9]);
    assertEquals((await openLoader(cifar10({ folder }), "validation")).source, null);
    assertEquals((await openLoader(loader, "train", 2)).source!.rows, 2);
    await assertRejects(
      () => openLoader(cifar10({ folder, validationSize: 10 })),
      DataError,
      "Cannot keep 10 rows for validation: there are 10",
    );
  });
});

Deno.test("cifar10() reads blocks that span files", async () => {
  await withFiles(files, async (folder) => {
    const loader = cifar10({ folder, memoryBytes: 5 * 3073 * 4 });
    assertEquals(
      await rowsOf(loader, { rows: [9, 4, 0, 5] }),
      await rowsOf(cifar10({ folder }), {
        rows: [9, 4, 0, 5],
      }),
    );
    const small = cifar10({ folder, memoryBytes: 3 * 3073 * 4 - 6 });
    const { source } = await openLoader(cifar10({ folder, memoryBytes: 3 * 3073 }));
    assertEquals(source!.blocks!.begins.length, 10);
    source!.close!();
    assertEquals((await rowsOf(small, { rows: [1, 2, 3] })).label, [9, 2, 9]);
  });
});

Deno.test("cifar100() gives classes and superclasses", async () => {
  const bytes = Uint8Array.from([...record([19, 99]), ...record([0, 1])]);
  await withFiles({ "train.bin": bytes, "test.bin": bytes }, async (folder) => {
    const { image, ...labels } = await rowsOf(cifar100({ folder }));
    assertEquals(labels, { superclass: [19, 0], label: [99, 1] });
    assertEquals(image!.length, 2 * 3072);
    const { ports: { label, superclass } } = await openLoader(cifar100({ folder }));
    assertEquals(
      [label, superclass].map((port) => port!.kind === "labels" && port!.names!.length),
      [
        100,
        20,
      ],
    );
  });
});

Deno.test("cifar10() names file and row of what it cannot read", async () => {
  const broken = {
    ...files,
    "data_batch_2.bin": Uint8Array.from([...record([1]), ...record([10])]),
  };
  await withFiles(broken, async (folder) => {
    const error = await assertRejects(() => openLoader(cifar10({ folder })), DataError);
    assertEquals([error.file, error.row, error.column], [`${folder}/data_batch_2.bin`, 2, "label"]);
    await Deno.truncate(`${folder}/data_batch_4.bin`, 3074);
    await assertRejects(
      () => openLoader(cifar10({ folder })),
      DataError,
      "received 3,074 bytes, expected a multiple of 3,073: 1 byte of classes and an image",
    );
    await Deno.remove(`${folder}/data_batch_1.bin`);
    await assertRejects(
      () => openLoader(cifar10({ folder })),
      DataError,
      "hint: leave folder out: the files are then downloaded; or set it to that of the files of https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz!/cifar-10-batches-bin",
    );
  });
});

Deno.test("cifar10() survives damaged files", async () => {
  await withFiles(files, async (folder) => {
    const sample = Uint8Array.from([...record([1]), ...record([2])]);
    await assertSurvivesDamageAsync([sample], async (bytes) => {
      await Deno.writeFile(`${folder}/test_batch.bin`, bytes);
      await rowsOf(cifar10({ folder }), { split: "test" });
    });
  });
});
