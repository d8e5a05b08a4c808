import { assertEquals } from "@std/assert";
import { type Scalar, scalar } from "../../../../core/graph/mod.ts";
import { type Elements, rowMajorStrides, type Shape, sizeOf } from "../../../../core/tensor/mod.ts";
import { wasmDevice } from "../../../../core/devices/wasm/mod.ts";
import { HandPlan } from "../../../support/plans.ts";

const device = wasmDevice();
const { load, index, position, cast } = scalar;

function counted(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => i + 1);
}

/** Runs one expression of loads over a shape, with strides of the loads' own. */
async function run(
  shape: Shape,
  expression: Scalar,
  loads: readonly { data: Elements; strides?: readonly number[]; offset?: number }[],
  output: Elements = new Float32Array(sizeOf(shape)),
): Promise<Elements> {
  const plan = new HandPlan(device.target);
  const accesses = loads.map(({ data, ...options }) =>
    plan.access(plan.buffer(data), shape, options)
  );
  const before = plan.buffer(new Float32Array([7]));
  const result = plan.buffer(output);
  const after = plan.buffer(new Float32Array([8]));
  plan.kernel({
    shape,
    anchor: null,
    loads: accesses,
    results: [{ expression, store: plan.access(result, shape) }],
  });
  const contents = await plan.run(device);
  assertEquals([contents[before]![0], contents[after]![0]], [7, 8]);
  return contents[result]!;
}

const x = load(0, "f32");
const y = load(1, "f32");

Deno.test("elementwise kernels add arrays of every length around the vector width", async () => {
  for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 100]) {
    const [a, b] = [counted(length), counted(length).map((v) => v * v)];
    const got = await run([length], scalar.add(x, y), [{ data: a }, { data: b }]);
    assertEquals(got, a.map((v, i) => v + b[i]!), `length ${length}`);
  }
});

Deno.test("elementwise kernels broadcast, stride and transpose", async () => {
  for (const [rows, columns] of [[1, 1], [3, 5], [4, 4], [2, 16], [5, 19], [7, 3], [2, 33]]) {
    const shape = [rows!, columns!];
    const size = sizeOf(shape);
    const whole = counted(size);
    const patterns: readonly { strides: readonly number[]; offset?: number; length: number }[] = [
      { strides: [columns!, 1], length: size },
      { strides: [0, 1], length: columns! },
      { strides: [1, 0], length: rows! },
      { strides: [0, 0], length: 1 },
      { strides: [1, rows!], length: size },
      { strides: [2 * columns!, 2], length: 2 * size },
      { strides: [-columns!, -1], offset: size - 1, length: size },
      { strides: [columns!, -1], offset: columns! - 1, length: size },
    ];
    for (const { strides, offset = 0, length } of patterns) {
      const data = counted(length);
      const got = await run(shape, scalar.sub(x, y), [{ data: whole }, { data, strides, offset }]);
      const wanted = whole.map((v, i) => {
        const place = [Math.floor(i / columns!), i % columns!];
        return v - data[offset + place[0]! * strides[0]! + place[1]! * strides[1]!]!;
      });
      assertEquals(got, wanted, `${shape} by ${strides}`);
    }
  }
});

Deno.test("elementwise kernels walk three axes and more", async () => {
  const shape = [2, 3, 4, 5];
  const strides = [1, 10, 2, 30];
  const data = counted(1 + strides.reduce((sum, s, i) => sum + s * (shape[i]! - 1), 0));
  const got = await run(shape, scalar.mul(x, 2), [{ data, strides }]);
  const own = rowMajorStrides(shape);
  got.forEach((v, i) => {
    const at = shape.reduce(
      (sum, size, axis) => sum + Math.floor(i / own[axis]!) % size * strides[axis]!,
      0,
    );
    assertEquals(v, 2 * data[at]!);
  });
});

Deno.test("elementwise kernels number places and coordinates", async () => {
  const shape = [3, 2, 7];
  assertEquals(
    await run(shape, position, [], new Uint32Array(42)),
    Uint32Array.from({ length: 42 }, (_, i) => i),
  );
  for (const axis of [0, 1, 2]) {
    const stride = rowMajorStrides(shape)[axis]!;
    assertEquals(
      await run(shape, index(axis), [], new Uint32Array(42)),
      Uint32Array.from({ length: 42 }, (_, i) => Math.floor(i / stride) % shape[axis]!),
    );
  }
});

Deno.test("elementwise kernels widen and narrow bytes", async () => {
  for (const length of [1, 3, 4, 16, 21, 130]) {
    const bytes = Uint8Array.from({ length }, (_, i) => 37 * i);
    const byte = load(0, "u32");
    assertEquals(
      await run([length], scalar.mul(cast(byte, "f32"), 0.5), [{ data: bytes }]),
      Float32Array.from(bytes, (b) => b / 2),
    );
    assertEquals(
      await run([length], scalar.add(byte, 250), [{ data: bytes }], new Uint8Array(length)),
      bytes.map((b) => b + 250),
    );
    assertEquals(
      await run([length], cast(byte, "f32"), [{ data: bytes, strides: [-1], offset: length - 1 }]),
      Float32Array.from(bytes.toReversed()),
    );
  }
});

Deno.test("elementwise kernels write several results, in place of what they read", async () => {
  for (const length of [1, 6, 16, 37]) {
    const plan = new HandPlan(device.target);
    const [a, b] = [plan.buffer(counted(length)), plan.buffer(counted(length).map((v) => -v))];
    const accesses = [plan.access(a, [length]), plan.access(b, [length])];
    plan.kernel({
      shape: [length],
      anchor: null,
      loads: accesses,
      results: [
        { expression: scalar.sub(x, y), store: accesses[1]! },
        { expression: scalar.mul(y, 3), store: accesses[0]! },
      ],
    });
    const [first, second] = await plan.run(device);
    assertEquals(first, counted(length).map((v) => -3 * v));
    assertEquals(second, counted(length).map((v) => 2 * v));
  }
});

Deno.test("elementwise kernels write into a part of a buffer and leave the rest", async () => {
  for (const [offset, length] of [[3, 10], [0, 5], [4, 12], [1, 15], [16, 16], [15, 17]]) {
    const plan = new HandPlan(device.target);
    const whole = plan.buffer(new Float32Array(32).fill(-1));
    plan.kernel({
      shape: [length!],
      anchor: null,
      loads: [],
      results: [{
        expression: cast(position, "f32"),
        store: plan.access(whole, [length!], { offset: offset! }),
      }],
    });
    const [got] = await plan.run(device);
    assertEquals(
      got,
      Float32Array.from(
        { length: 32 },
        (_, i) => i >= offset! && i < offset! + length! ? i - offset! : -1,
      ),
    );
  }
});
