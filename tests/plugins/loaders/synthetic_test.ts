import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { linearRelation, markedSums, moons, spirals, waves } from "@millrace/millrace";
import { openLoader, rowsOf } from "../../support/loaders.ts";

const sets = {
  moons: moons({ rows: 60, testRows: 6, validationRows: 3 }),
  spirals: spirals({ rows: 60, classes: 4, testRows: 6, validationRows: 3 }),
  linearRelation: linearRelation({
    rows: 60,
    features: 4,
    targets: 2,
    testRows: 6,
    validationRows: 3,
  }),
  waves: waves({ rows: 60, steps: 12, testRows: 6, validationRows: 3 }),
  markedSums: markedSums({ rows: 60, steps: 10, testRows: 6, validationRows: 3 }),
};

for (const [name, handles] of Object.entries(sets)) {
  Deno.test(`${name}() gives a row the same numbers in whatever order rows are read`, async () => {
    const all = await rowsOf(handles);
    const order = [59, 0, 17, 0];
    const some = await rowsOf(handles, { rows: order });
    for (const [port, values] of Object.entries(all)) {
      const width = values.length / 60;
      assertEquals(
        some[port],
        order.flatMap((row) => values.slice(row * width, (row + 1) * width)),
      );
    }
    const test = await rowsOf(handles, { split: "test" });
    const [first] = Object.keys(all);
    assert(test[first!]![0] !== all[first!]![0], "splits have rows of their own");
    assertEquals((await openLoader(handles, "validation")).source!.rows, 3);
    assertEquals((await openLoader(handles, "train", 7)).source!.rows, 7);
    const fingerprints = await Promise.all(
      (["train", "test"] as const).map(async (split) =>
        (await openLoader(handles, split)).source!.fingerprint
      ),
    );
    assert(fingerprints[0] !== fingerprints[1]);
  });
}

/** The points of each class. */
async function pointsByClass(
  handles: unknown,
): Promise<Map<number, readonly (readonly [number, number])[]>> {
  const { features, label } = await rowsOf(handles);
  const points = label!.map((kind, i) =>
    [kind, [features![2 * i]!, features![2 * i + 1]!] as const] as const
  );
  const groups = Map.groupBy(points, ([kind]) => kind);
  return new Map([...groups].map(([kind, own]) => [kind, own.map(([, point]) => point)]));
}

Deno.test("moons() lie on their half circles without noise", async () => {
  const kinds = await pointsByClass(moons({ rows: 100, noise: 0 }));
  for (const [x, y] of kinds.get(0)!) {
    assertAlmostEquals(Math.hypot(x, y), 1, 1e-6);
    assert(y >= 0);
  }
  for (const [x, y] of kinds.get(1)!) {
    assertAlmostEquals(Math.hypot(1 - x, 0.5 - y), 1, 1e-6);
    assert(y <= 0.5);
  }
});

Deno.test("spirals() turn with their radius without noise", async () => {
  const kinds = await pointsByClass(spirals({ rows: 90, classes: 3, turns: 0.25, noise: 0 }));
  for (const [kind, points] of kinds) {
    for (const [x, y] of points) {
      const radius = Math.hypot(x, y);
      const turn = Math.atan2(y, x) / (2 * Math.PI) - 0.25 * radius - kind / 3;
      assertAlmostEquals(turn, Math.round(turn), 1e-4);
    }
  }
});

Deno.test("linearRelation() is linear in its informative features without noise", async () => {
  const { features, targets } = await rowsOf(
    linearRelation({ rows: 50, features: 2, informative: 1, targets: 1, noise: 0 }),
  );
  const slope = (targets![1]! - targets![0]!) / (features![2]! - features![0]!);
  for (let row = 2; row < 50; row++) {
    const expected = targets![0]! + slope * (features![2 * row]! - features![0]!);
    assertAlmostEquals(targets![row]!, expected, 1e-4);
  }
});

Deno.test("markedSums() marks one number in each half", async () => {
  const { sequence, sum } = await rowsOf(markedSums({ rows: 20, steps: 7 }));
  for (let row = 0; row < 20; row++) {
    const steps = Array.from(
      { length: 7 },
      (_, i) => sequence!.slice(14 * row + 2 * i).slice(0, 2),
    );
    const marked = steps.flatMap(([, mark], i) => mark === 1 ? [i] : []);
    assertEquals(marked.length, 2);
    assert(marked[0]! < 3 && marked[1]! >= 3);
    assertAlmostEquals(sum![row]!, marked.reduce((all, i) => all + steps[i]![0]!, 0), 1e-6);
  }
});

Deno.test("waves() go on as they went without noise", async () => {
  const { sequence, next } = await rowsOf(waves({ rows: 10, steps: 6, noise: 0 }));
  for (let row = 0; row < 10; row++) {
    const [a, b, c] = sequence!.slice(6 * row + 3, 6 * row + 6);
    // sin(t + 1) + sin(t - 1) = 2 cos(1) sin(t)
    assertAlmostEquals((next![row]! + b!) * b!, (c! + a!) * c!, 1e-4);
  }
});
