import { assert, assertEquals, assertThrows } from "@std/assert";
import { addOp, matmulOp } from "../../../../core/ops/mod.ts";
import type { Op } from "../../../../core/graph/mod.ts";
import { wasmDevice } from "../../../../core/devices/wasm/mod.ts";

Deno.test("wasmDevice() can be used here and says what it computes with", async () => {
  for (const arithmetic of ["fast", "strict"] as const) {
    const availability = await wasmDevice({ arithmetic }).probe();
    assert(availability.available);
    assertEquals(availability.description, `WebAssembly SIMD, ${arithmetic} arithmetic`);
  }
});

Deno.test("wasmDevice() has a kernel for matmul in f32 and none for ops without loops of their own", () => {
  const { target } = wasmDevice();
  const params = { transposeLhs: false, transposeRhs: false };
  const matrix = (dtype: "f32" | "i32") => ({ shape: [2, 2], dtype });
  const has = (op: unknown, dtype: "f32" | "i32") =>
    target.hasKernel(op as Op, [matrix(dtype), matrix(dtype)], params);
  assert(has(matmulOp, "f32"));
  assert(!has(matmulOp, "i32"));
  assert(!has(addOp, "f32"));
});

Deno.test("a session of wasm keeps what was written when its memory grows", async () => {
  const session = await wasmDevice().open();
  const near = { dtype: "f32", length: 3, byteOffset: 1024 } as const;
  const far = { dtype: "u8", length: 5, byteOffset: 10_000_000 } as const;
  await session.write(near, new Float32Array([1, 2, 3]));
  session.input(far)[4] = 9;
  assertEquals(await session.read(near), new Float32Array([1, 2, 3]));
  assertEquals(await session.read(far), new Uint8Array([0, 0, 0, 0, 9]));
  await session.close();
});

Deno.test("a session of wasm refuses wrong lengths and use after it is closed", async () => {
  const device = wasmDevice();
  const session = await device.open();
  const range = { dtype: "f32", length: 3, byteOffset: 1024 } as const;
  assertThrows(
    () => session.write(range, new Float32Array(2)),
    RangeError,
    "Cannot write 2 elements into a buffer of 3",
  );
  await session.close();
  assertThrows(() => session.input(range), TypeError, "Cannot use a session that was closed");
});
