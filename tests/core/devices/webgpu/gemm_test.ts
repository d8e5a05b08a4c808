import { assert, assertEquals } from "@std/assert";
import { type GraphBuilder, ops, type Value } from "@millrace/millrace";
import { RandomStream } from "../../../../core/tensor/mod.ts";
import { runOnWebgpu, webgpuTest } from "../../../support/webgpu.ts";

interface Case {
  readonly what: string;
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** Sizes that choose each tile, with edges that no tile divides, and sums that are cut. */
const cases: readonly Case[] = [
  { what: "no tiles", batch: 2, m: 17, n: 19, k: 23 },
  { what: "tiles of 32", batch: 1, m: 70, n: 45, k: 30 },
  { what: "tiles of 32 and parts of sums", batch: 1, m: 40, n: 36, k: 700 },
  { what: "tall tiles", batch: 1, m: 130, n: 10, k: 64 },
  { what: "tall tiles and parts of sums", batch: 3, m: 65, n: 16, k: 321 },
  { what: "wide tiles", batch: 2, m: 13, n: 150, k: 48 },
  { what: "tiles of 64", batch: 16, m: 100, n: 128, k: 33 },
  { what: "tiles of 128", batch: 128, m: 70, n: 68, k: 9 },
  { what: "tiles of 32 in fours", batch: 1, m: 72, n: 44, k: 28 },
  { what: "tiles of 32 in fours and parts of sums", batch: 1, m: 40, n: 36, k: 720 },
  { what: "tall tiles in fours", batch: 1, m: 132, n: 12, k: 64 },
  { what: "wide tiles in fours and parts of sums", batch: 1, m: 12, n: 152, k: 320 },
  { what: "tiles of 64 in fours", batch: 16, m: 100, n: 128, k: 36 },
  { what: "tiles of 128 in fours", batch: 128, m: 72, n: 68, k: 12 },
];

function draw(name: string, length: number): Float32Array {
  const stream = new RandomStream(1, name);
  return Float32Array.from({ length }, () => 2 * stream.uniform() - 1);
}

for (const { what, batch, m, n, k } of cases) {
  for (const transposeLhs of [false, true]) {
    for (const transposeRhs of [false, true]) {
      const sides = `${transposeLhs ? "ᵀ" : ""}·${transposeRhs ? "ᵀ" : ""}`;
      webgpuTest(`matmul() on webgpu with ${what}, ${sides}, and what follows it`, async () => {
        const lhs = draw("lhs", batch * m * k);
        const rhs = draw("rhs", batch * k * n);
        const bias = draw("bias", n);
        const { y } = await runOnWebgpu((builder: GraphBuilder) => {
          const input = (name: string, shape: readonly number[]): Value =>
            builder.input(name, { shape, dtype: "f32" });
          const product = ops.matmul(
            input("lhs", transposeLhs ? [batch, k, m] : [batch, m, k]),
            input("rhs", transposeRhs ? [batch, n, k] : [batch, k, n]),
            { transposeLhs, transposeRhs },
          );
          return { y: ops.relu(ops.add(product, input("bias", [n]))) };
        }, { lhs, rhs, bias });
        const [lhsRow, lhsInner] = transposeLhs ? [1, m] : [k, 1];
        const [rhsInner, rhsColumn] = transposeRhs ? [1, k] : [n, 1];
        assertEquals(y!.length, batch * m * n);
        // every element of the first and last matrix, and some of those between
        for (let at = 0; at < y!.length; at += batch > 64 ? 37 : batch > 4 ? 7 : 1) {
          const [matrix, row, column] = [Math.floor(at / (m * n)), Math.floor(at / n) % m, at % n];
          let sum = 0;
          for (let i = 0; i < k; i++) {
            sum += lhs[matrix * m * k + row * lhsRow + i * lhsInner]! *
              rhs[matrix * k * n + i * rhsInner + column * rhsColumn]!;
          }
          const wanted = Math.max(0, sum + bias[column]!);
          assert(
            Math.abs(y![at]! - wanted) < 1e-5 * Math.max(1, Math.sqrt(k)),
            `[${matrix}, ${row}, ${column}] is ${y![at]}, not ${wanted}`,
          );
        }
      });
    }
  }
}

webgpuTest("matmul() on webgpu gives the same bits every time", async () => {
  const given = { lhs: draw("lhs", 40 * 700), rhs: draw("rhs", 700 * 36) };
  const run = () =>
    runOnWebgpu((builder) => ({
      y: ops.matmul(
        builder.input("lhs", { shape: [40, 700], dtype: "f32" }),
        builder.input("rhs", { shape: [700, 36], dtype: "f32" }),
      ),
    }), given);
  assertEquals(await run(), await run());
});
