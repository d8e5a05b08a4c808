import { assert, assertEquals } from "@std/assert";
import { compile, devices, GraphBuilder, ops, type Pipeline, type Value } from "@millrace/millrace";
import { type Command, type Plan, plan, readsOf, verifyPlan } from "../../../core/plan/mod.ts";

const wasm = devices.find((device) => device.name === "wasm")!.target;
const spec = { shape: [64, 64], dtype: "f32" as const };
const matrixBytes = 64 * 64 * 4;

/** Numbers of the buffers that a command reads. */
function bufferNumbers({ kernel }: Command): number[] {
  return readsOf(kernel).map(({ access }) => access.buffer);
}

/** The most bytes of the workspace that some command needs, what shares addresses counted once. */
function liveBytes({ commands, buffers }: Plan): number {
  const lives = new Map<number, { first: number; last: number }>();
  commands.forEach((command, i) => {
    for (const buffer of bufferNumbers(command)) {
      const life = lives.get(buffer);
      if (life !== undefined) life.last = i;
    }
    for (const { store: { buffer } } of command.kernel.results) {
      if (buffers[buffer]!.region === "workspace") lives.set(buffer, { first: i, last: i });
    }
  });
  const most = commands.map((_, i) => {
    const ranges = [...lives].filter(([, { first, last }]) => first <= i && i <= last)
      .map(([buffer]) => {
        const { byteOffset, length, dtype } = buffers[buffer]!;
        const bytes = length * wasm.elementBytes(dtype);
        return [byteOffset, byteOffset + Math.ceil(bytes / 64) * 64] as const;
      }).sort(([a], [b]) => a - b);
    let [total, end] = [0, 0];
    for (const [from, to] of ranges) {
      total += Math.max(0, to - Math.max(from, end));
      end = Math.max(end, to);
    }
    return total;
  });
  return Math.max(0, ...most);
}

Deno.test("assignMemory() writes an elementwise result over an operand that dies there", () => {
  const builder = new GraphBuilder();
  const x = builder.input("x", spec);
  const product = ops.matmul(x, x);
  const scaled = ops.div(product, ops.reduceMax(product, { axes: [1], keepDims: true }));
  builder.output("y", ops.matmul(scaled, x));
  const planned = plan(builder.build("inPlace"), { target: wasm });
  verifyPlan(planned, wasm);
  const { kernel } = planned.commands.find(({ kernel }) => kernel.anchor === null)!;
  const offsetOf = (buffer: number) => planned.buffers[buffer]!.byteOffset;
  assertEquals(
    offsetOf(kernel.results[0]!.store.buffer),
    offsetOf(kernel.loads[0]!.buffer),
  );
  assertEquals(planned.regionBytes.workspace, matrixBytes + 64 * 4);
});

Deno.test("assignMemory() writes over no operand that is read later, or elsewhere", () => {
  const build = (use: (product: ReturnType<typeof ops.matmul>) => ReturnType<typeof ops.add>) => {
    const builder = new GraphBuilder();
    const x = builder.input("x", spec);
    const product = ops.matmul(x, x);
    builder.output("y", ops.matmul(use(product), x));
    const planned = plan(builder.build("kept"), { target: wasm });
    verifyPlan(planned, wasm);
    return planned.regionBytes.workspace;
  };
  const rows = (x: ReturnType<typeof ops.matmul>) =>
    ops.reduceMax(x, { axes: [1], keepDims: true });
  const again = build((x) => ops.matmul(ops.div(x, rows(x)), x));
  const elsewhere = build((x) => ops.add(ops.div(x, rows(x)), ops.transpose(x)));
  assert(again >= 2 * matrixBytes);
  assert(elsewhere >= 2 * matrixBytes);
});

Deno.test("assignMemory() updates variables in place, and leaves alone what stays", () => {
  const builder = new GraphBuilder();
  const make = (path: string) =>
    builder.variable(path, { spec, role: "parameter", initialize: null });
  const [moved, same] = [make("moved"), make("same")];
  builder.update(moved, ops.mul(ops.sin(moved.value), 0.5));
  builder.update(same, ops.mul(same.value, 1));
  const planned = plan(builder.build("updates"), { target: wasm });
  assertEquals(planned.commands.map(({ name }) => name), ["sin + mul"]);
  assertEquals(planned.regionBytes.workspace, 0);
});

Deno.test("schedule() merges the update of a single number with its neighbours", () => {
  const builder = new GraphBuilder();
  const rate = builder.input("rate", { shape: [], dtype: "f32" });
  for (const shape of [[3], [1], [1], [5]]) {
    const path = `v${builder.variables.length}`;
    const options = { spec: { shape, dtype: "f32" as const }, initialize: null };
    const variable = builder.variable(path, { ...options, role: "parameter" });
    builder.update(variable, ops.sub(variable.value, ops.mul(ops.sin(variable.value), rate)));
  }
  const planned = plan(builder.build("numbers"), { target: wasm });
  verifyPlan(planned, wasm);
  assertEquals(planned.commands.map(({ kernel: { shape } }) => shape), [[4 * 16]]);
});

for (const name of ["lenet", "mnist", "mnist_64_64", "sgd_nesterov"]) {
  for (const purpose of ["train", "evaluate"] as const) {
    Deno.test(`plan() of pipelines/${name}.ts to ${purpose} takes no more than what lives at once`, async () => {
      const module: { default: Pipeline } = await import(`../../../pipelines/${name}.ts`);
      const { plan } = compile(module.default, { purpose, target: wasm });
      const live = liveBytes(plan);
      assert(live > 0 && plan.regionBytes.workspace <= 1.05 * live);
    });
  }
}

for (const name of ["mnist", "sgd_nesterov"]) {
  Deno.test(`plan() of pipelines/${name}.ts copies no variable`, async () => {
    const module: { default: Pipeline } = await import(`../../../pipelines/${name}.ts`);
    const { plan } = compile(module.default, { purpose: "train", target: wasm });
    const slots = plan.variables.slots.length;
    const copied = plan.commands.filter((command) =>
      command.name === "copy" && bufferNumbers(command).some((buffer) => buffer < slots)
    );
    assertEquals(copied.length, 0);
  });
}

/** Commands that only put what others computed one behind the other. */
function joinings({ commands }: Plan): number {
  return commands.filter(({ name }) => name.startsWith("concatenate")).length;
}

/** The plan of a graph of `x [2, 64]`, and of what is made of it. */
function planOf(build: (x: Value) => Value): Plan {
  const builder = new GraphBuilder();
  const x = builder.input("x", { shape: [2, 64], dtype: "f32" });
  builder.output("y", ops.exp(ops.neg(build(x))));
  const planned = plan(builder.build("joins"), { target: wasm });
  verifyPlan(planned, wasm);
  return planned;
}

Deno.test("joinInPlace() computes what is joined where the joint value has it", () => {
  const sumsOf = (x: Value) => ops.matmul(x, x, { transposeRhs: true }); // [2, 2]
  const long = (x: Value) => ops.matmul(sumsOf(x), x);
  const planned = planOf((x) =>
    ops.matmul(ops.concatenate([long(x), long(ops.exp(x))]), x, { transposeRhs: true })
  );
  assertEquals(joinings(planned), 0);
  const [first, second] = planned.commands.filter(({ name, kernel: { shape } }) =>
    name.startsWith("matmul") && shape[1] === 64
  ).map(({ kernel }) => planned.buffers[kernel.results[0]!.store.buffer]!);
  assertEquals(second!.byteOffset - first!.byteOffset, 2 * 64 * 4);
});

Deno.test("joinInPlace() computes columns where the joint value has them, of one kernel or of several", () => {
  const planned = planOf((x) => {
    const product = ops.matmul(ops.matmul(x, x, { transposeRhs: true }), x);
    const gates = [
      ops.sin(product),
      ops.cos(product),
      ops.matmul(ops.exp(product), product, { transposeRhs: true }),
    ];
    return ops.matmul(
      ops.concatenate(gates, { axis: 1 }),
      ops.concatenate(gates.map(ops.exp), { axis: 1 }),
      { transposeRhs: true },
    );
  });
  assertEquals(joinings(planned), 0);
});

Deno.test("joinInPlace() finds what lies one behind the other already", () => {
  const planned = planOf((x) => {
    const parts = [x, ops.exp(x), ops.sqrt(x)].map((part) =>
      ops.matmul(ops.matmul(part, part, { transposeRhs: true }), part)
    );
    const all = ops.concatenate(parts);
    const last = ops.concatenate(parts.slice(1));
    return ops.add(
      ops.reduceSum(ops.matmul(all, x, { transposeRhs: true })),
      ops.matmul(last, x, {
        transposeRhs: true,
      }),
    );
  });
  assertEquals(joinings(planned), 0);
});

Deno.test("joinInPlace() leaves alone what lies elsewhere, is joined twice, or is not aligned", () => {
  const product = (x: Value) => ops.matmul(ops.matmul(x, x, { transposeRhs: true }), x);
  const twice = (x: Value) => {
    const part = product(x);
    return ops.matmul(ops.concatenate([part, part]), x, { transposeRhs: true });
  };
  const input = (x: Value) =>
    ops.matmul(ops.concatenate([x, product(x)]), x, { transposeRhs: true });
  const readTwice = (x: Value) => {
    const part = product(x);
    return ops.add(ops.concatenate([part, product(ops.exp(x))], { axis: 1 }), ops.mean(part));
  };
  // columns of one element: no neighbours that are stored together
  const thin = (x: Value) =>
    ops.concatenate([
      ops.reduceMax(x, { axes: [1], keepDims: true }),
      ops.mean(x, { axes: [1], keepDims: true }),
    ], {
      axis: 1,
    });
  // which is written by two kernels
  const nested = (x: Value) => {
    const columns = ops.concatenate([product(x), product(ops.exp(x))], { axis: 1 });
    return ops.concatenate([columns, product(ops.sin(x))], { axis: 1 });
  };
  const unaligned = (x: Value) => {
    const rows = ops.matmul(x, x, { transposeRhs: true }); // 16 bytes
    return ops.matmul(ops.concatenate([rows, ops.matmul(rows, rows)]), rows);
  };
  for (const build of [twice, input, readTwice, thin, nested, unaligned]) {
    assertEquals(joinings(planOf(build)), 1, build.name);
  }
});
