import { assert, assertEquals } from "@std/assert";
import { permutation, RandomStream, sha256, threefry2x32 } from "@millrace/millrace";

Deno.test("threefry2x32() gives the words that its authors publish for 13 rounds", () => {
  // Random123, tests/kat_vectors
  const ones = 0xffffffff;
  assertEquals(threefry2x32([0, 0], 0, 0), [0x9d1c5ec6, 0x8bd50731]);
  assertEquals(threefry2x32([ones, ones], ones, ones), [0xfd36d048, 0x2d17272c]);
  assertEquals(
    threefry2x32([0x13198a2e, 0x03707344], 0x243f6a88, 0x85a308d3),
    [0xba3e4725, 0xf27d669e],
  );
});

Deno.test("RandomStream draws the numbers that runs were trained with", () => {
  const random = new RandomStream(7, "a.b", 3);
  const drawn = Float64Array.from({ length: 1000 }, (_, i) => {
    if (i % 4 === 0) return random.uniform();
    if (i % 4 === 1) return random.normal();
    return i % 4 === 2 ? random.below(7 + i) : random.word();
  });
  assertEquals(
    sha256([drawn]),
    "17149be425881ab5c174d350d3ab3385de69ba363d84156aeb476f348d1b8c7a",
  );
});

Deno.test("RandomStream.skipToNormal() goes to any of the normal numbers of a stream", () => {
  const random = new RandomStream(3, "a");
  const drawn = Array.from({ length: 9 }, () => random.normal());
  for (const place of [4, 7, 0, 1, 8, 3]) {
    random.skipToNormal(place);
    assertEquals(Array.from({ length: 9 - place }, () => random.normal()), drawn.slice(place));
  }
});

Deno.test("permutation() is an order of all rows, the same by seed, path and epoch", () => {
  const order = permutation(5000, { seed: 9, path: "shuffle", epoch: 2 });
  assertEquals([...order].sort((a, b) => a - b), Array.from({ length: 5000 }, (_, i) => i));
  assertEquals(
    sha256([order]),
    "772e4de191374c8429ca4be27a3319ee1658bc7a94e81c81ad707c76a8df2229",
  );
  const others = [
    permutation(5000, { seed: 8, path: "shuffle", epoch: 2 }),
    permutation(5000, { seed: 9, path: "other", epoch: 2 }),
    permutation(5000, { seed: 9, path: "shuffle", epoch: 3 }),
  ];
  for (const other of others) {
    assert(other.filter((row, i) => row === order[i]).length < 10);
  }
});
