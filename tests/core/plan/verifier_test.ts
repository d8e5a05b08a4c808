import { assertThrows } from "@std/assert";
import { type Command, GraphBuilder, ops, type Plan, wasmDevice } from "@millrace/millrace";
import { type Access, plan, verifyPlan } from "../../../core/plan/mod.ts";

const { target } = wasmDevice();

/** A plan of three commands: a product, a sum of its rows, and both together. */
function planned(): Plan {
  const builder = new GraphBuilder();
  const x = builder.input("x", { shape: [16, 16], dtype: "f32" });
  const product = ops.matmul(x, x);
  const sums = ops.reduceSum(product, { axes: [0], keepDims: true });
  builder.output("y", ops.matmul(ops.div(product, sums), x));
  return plan(builder.build("verified"), { target });
}

/** The plan with the first result of a command stored elsewhere. */
function storing(number: number, change: (store: Access, plan: Plan) => Partial<Access>): Plan {
  const made = planned();
  return replacing(made, number, ({ kernel, ...command }) => {
    const [first, ...others] = kernel.results;
    const store = { ...first!.store, ...change(first!.store, made) };
    return { ...command, kernel: { ...kernel, results: [{ ...first!, store }, ...others] } };
  });
}

function replacing(plan: Plan, number: number, change: (command: Command) => Command): Plan {
  const commands = plan.commands.map((command, i) => (i === number ? change(command) : command));
  return { ...plan, commands };
}

function moved(change: (byteOffset: number, plan: Plan) => number): Plan {
  const made = planned();
  const last = made.buffers.length - 1;
  return {
    ...made,
    buffers: made.buffers.map((buffer, i) =>
      i === last ? { ...buffer, byteOffset: change(buffer.byteOffset, made) } : buffer
    ),
  };
}

const violations: readonly (readonly [string, () => Plan, string])[] = [
  ["a store before its buffer", () => storing(0, () => ({ offset: -1 })), "leaves buffer"],
  ["a store behind its buffer", () => storing(0, () => ({ offset: 1 })), "leaves buffer"],
  [
    "a store that walks out of its buffer backwards",
    () => storing(0, ({ strides }) => ({ strides: strides.map((stride) => -stride) })),
    "leaves buffer",
  ],
  ["a buffer that is not there", () => storing(0, () => ({ buffer: 99 })), "uses no buffer 99"],
  [
    "a buffer outside the memory",
    () => moved((_, { bytes }) => Math.ceil(bytes / 64) * 64),
    "outside the memory",
  ],
  ["a buffer that is not aligned", () => moved((offset) => offset - 4), "not aligned"],
  [
    "a result over an operand of a product",
    () => storing(0, (_, { inputs }) => ({ buffer: inputs[0]!.buffer })),
    "writes over what it reads elsewhere",
  ],
];

Deno.test("verifyPlan() accepts what plan() makes", () => verifyPlan(planned(), target));

for (const [name, make, expected] of violations) {
  Deno.test(`verifyPlan() refuses ${name}`, () => {
    assertThrows(() => verifyPlan(make(), target), RangeError, expected);
  });
}
