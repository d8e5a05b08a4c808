import { assertEquals } from "@std/assert";
import { type DType, type GraphBuilder, ops, type Value } from "@millrace/millrace";
import { RandomStream } from "../../../../core/tensor/mod.ts";
import { runOnWebgpu, webgpuTest } from "../../../support/webgpu.ts";

/** Rows of a multiple of 4, so that four places are finished at once; and of no such multiple. */
const shapes = [[150, 128], [131, 127]] as const;

function whole(name: string, length: number): Float32Array {
  const stream = new RandomStream(5, name);
  return Float32Array.from({ length }, () => Math.floor(200 * stream.uniform()));
}

for (const [rows, columns] of shapes) {
  const size = rows * columns;
  const input = (builder: GraphBuilder, name: string, shape: readonly number[], dtype: DType) =>
    builder.input(name, { shape, dtype });
  const at = (place: number) => [Math.floor(place / columns), place % columns] as const;

  webgpuTest(
    `chains on webgpu read [${rows}, ${columns}] in any order, and rows of it`,
    async () => {
      const given = {
        x: whole("x", size),
        turned: whole("turned", size),
        row: whole("row", columns),
        column: whole("column", rows),
        bytes: whole("bytes", size),
      };
      const { y, count } = await runOnWebgpu((builder) => {
        const x = input(builder, "x", [rows, columns], "f32");
        const turned = ops.transpose(input(builder, "turned", [columns, rows], "f32"));
        const row = input(builder, "row", [columns], "f32");
        const column = ops.reshape(input(builder, "column", [rows], "f32"), [rows, 1]);
        const bytes = ops.cast(input(builder, "bytes", [rows, columns], "u8"), "f32");
        const sum = [turned, row, column, bytes].reduce<Value>((a, b) => ops.add(a, b), x);
        return { y: sum, count: ops.cast(ops.greater(sum, 500), "i32") };
      }, given);
      const wanted = Float32Array.from({ length: size }, (_, place) => {
        const [i, j] = at(place);
        return given.x[place]! + given.turned[j * rows + i]! + given.row[j]! + given.column[i]! +
          given.bytes[place]!;
      });
      assertEquals(y, wanted);
      assertEquals(count, Int32Array.from(wanted, (sum) => sum > 500 ? 1 : 0));
    },
  );

  webgpuTest(
    `chains on webgpu write bytes and numbers of places of [${rows}, ${columns}]`,
    async () => {
      const x = whole("x", size);
      const { bytes, numbers } = await runOnWebgpu((builder) => {
        const value = input(builder, "x", [rows, columns], "f32");
        const places = ops.iota(builder, { shape: [rows, columns], axis: 1, dtype: "u32" });
        return {
          bytes: ops.cast(value, "u8"),
          numbers: ops.add(ops.cast(places, "f32"), ops.mul(value, 0)),
        };
      }, { x });
      assertEquals(bytes, Uint8Array.from(x));
      assertEquals(numbers, Float32Array.from(x, (_, place) => at(place)[1]));
    },
  );
}
