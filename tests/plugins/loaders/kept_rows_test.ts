import { assertEquals } from "@std/assert";
import { decodedRows, roomForRows } from "../../../plugins/loaders/kept_rows.ts";

Deno.test("decodedRows() shows no row of which only a part is decoded", async () => {
  const ports = { x: { kind: "tensor", dtype: "u8", shape: [4] } } as const;
  const kept = roomForRows(ports, { rows: 1, memoryBytes: 100 });
  let decoded = 0;
  const load = async (_: number, into: Readonly<Record<string, ArrayLike<number>>>) => {
    const x = into.x as Uint8Array;
    x.fill(0);
    await Promise.resolve();
    // another reader that has the row already looks at it meanwhile
    if (decoded++ > 0) assertEquals([...kept.columns.x!], [7, 7, 7, 7]);
    x.fill(7);
  };
  const [first, second] = [decodedRows({ ports, load, kept }), decodedRows({ ports, load, kept })];
  const into = () => ({ x: new Uint8Array(4) });
  const [a, b] = [into(), into()];
  await first.read(Uint32Array.of(0), a);
  kept.isKept[0] = 0;
  await second.read(Uint32Array.of(0), b);
  assertEquals([[...a.x], [...b.x], decoded], [[7, 7, 7, 7], [7, 7, 7, 7], 2]);
});
