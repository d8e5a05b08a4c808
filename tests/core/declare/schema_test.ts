import { assertEquals } from "@std/assert";
import { z } from "zod";
import { formatIssues } from "../../../core/errors.ts";
import {
  describeSchema,
  fieldsOf,
  lazySchema,
  type Schema,
  validate,
} from "../../../core/declare/mod.ts";

function problem(schema: unknown, options: unknown): string {
  const result = validate(schema as Schema<unknown, unknown>, options, "logits");
  return result.ok ? "" : formatIssues(result.issues);
}

Deno.test("validate() says what was received and expected, and what the field is for", () => {
  const schema = z.strictObject({
    units: z.int().min(1).describe("Number of outputs"),
    kind: z.enum(["a", "b"]).optional(),
    list: z.array(z.number()).max(2).default([]),
  });
  assertEquals(
    problem(schema, { units: 1.5 }),
    '"logits.units": Cannot use this value: received 1.5, expected a whole number\n' +
      "  hint: units: Number of outputs",
  );
  assertEquals(
    problem(schema, { units: -4 }),
    '"logits.units": Cannot use this value: received -4, expected a number of 1 or more\n' +
      "  hint: units: Number of outputs",
  );
  assertEquals(
    problem(schema, {}),
    '"logits.units": Cannot use this value: received nothing, expected a number\n' +
      "  hint: units: Number of outputs",
  );
  assertEquals(
    problem(schema, { units: 1, kind: "c" }),
    '"logits.kind": Cannot use this value: received "c", expected one of "a", "b"',
  );
  assertEquals(
    problem(schema, { units: 1, list: [1, 2, 3] }),
    '"logits.list": Cannot use this value: received a list of 3, expected a list of at most 2',
  );
  assertEquals(
    problem(schema, { units: 1, list: ["x"] }),
    '"logits.list.0": Cannot use this value: received "x", expected a number',
  );
  assertEquals(
    problem(schema, { units: 1, unit: 2 }),
    '"logits.unit": Cannot use this value: there is no field "unit"\n' +
      '  hint: did you mean "units"? Known: units, kind, list',
  );
  assertEquals(
    problem(schema, 5),
    '"logits": Cannot use this value: received 5, expected an object\n' +
      "  hint: its fields: units, kind, list",
  );
});

/** For each kind of issue that a schema can raise, what is said of it. */
const words: readonly (readonly [what: string, schema: z.ZodType, value: unknown, said: string])[] =
  [
    ["whole", z.int(), 1.5, "received 1.5, expected a whole number"],
    [
      "far",
      z.int(),
      2 ** 60,
      "received 1152921504606847000, expected a whole number of 9007199254740991 or less",
    ],
    ["least", z.number().min(0), -1, "received -1, expected a number of 0 or more"],
    ["above", z.number().positive(), 0, "received 0, expected a number above 0"],
    ["most", z.number().max(1), 2, "received 2, expected a number of 1 or less"],
    ["below", z.number().lt(1), 1, "received 1, expected a number below 1"],
    ["multiple", z.number().multipleOf(2), 3, "received 3, expected a multiple of 2"],
    ["number", z.number(), "1", 'received "1", expected a number'],
    ["NaN", z.number(), NaN, "received NaN, expected a number"],
    ["infinite", z.number(), Infinity, "received Infinity, expected a number"],
    ["text", z.string(), 1, "received 1, expected text"],
    ["long", z.number(), "x".repeat(99), `received "${"x".repeat(60)}…", expected a number`],
    ["empty text", z.string().min(1), "", 'received "", expected text that is not empty'],
    ["short text", z.string().min(3), "a", 'received "a", expected text of 3 characters or more'],
    ["long text", z.string().max(1), "ab", 'received "ab", expected text of at most 1 character'],
    ["exact text", z.string().length(1), "", 'received "", expected text of exactly 1 character'],
    ["pattern", z.string().regex(/a+/), "b", 'received "b", expected text that matches /a+/'],
    ["form", z.url(), "b", 'received "b", expected text in the form of url'],
    ["boolean", z.boolean(), null, "received null, expected true or false"],
    ["list", z.array(z.number()), { a: 1 }, "received an object, expected a list"],
    [
      "few items",
      z.array(z.number()).min(1),
      [],
      "received an empty list, expected a list of 1 or more",
    ],
    [
      "many items",
      z.array(z.number()).max(1),
      [1, 2],
      "received a list of 2, expected a list of at most 1",
    ],
    [
      "exact list",
      z.array(z.number()).length(2),
      [1],
      "received a list of 1, expected a list of exactly 2",
    ],
    [
      "pair",
      z.tuple([z.number(), z.number()]),
      [1],
      "received a list of 1, expected a list of 2 or more",
    ],
    ["no pair", z.tuple([z.number(), z.number()]), 1, "received 1, expected a list"],
    ["object", z.strictObject({}), [1], "received a list of 1, expected an object"],
    ["record", z.record(z.string(), z.number()), [1], "received a list of 1, expected an object"],
    ["choice", z.enum(["a", "b"]), "c", 'received "c", expected one of "a", "b"'],
    ["constant", z.literal(true), 1, "received 1, expected true"],
    ["constants", z.literal([1, 3]), 2, "received 2, expected one of 1, 3"],
    ["class", z.instanceof(Date), new Map(), "received a Map, expected a Date"],
    ["date", z.date(), () => 1, "received a function, expected a date"],
    ["bigint", z.bigint(), Symbol("a"), "received a symbol, expected a bigint"],
    ["big", z.bigint().min(2n), 1n, "received 1, expected a number of 2 or more"],
    ["set", z.set(z.number()).min(1), new Set(), "received a Set, expected a set of 1 or more"],
    ["nothing", z.undefined(), 1, "received 1, expected nothing"],
    ["never", z.never(), 1, "received 1, expected nothing"],
    ["custom", z.custom(() => false), {}, "received an object"],
    [
      "custom words",
      z.custom(() => false, { error: "expected a layer" }),
      () => 1,
      "received a function, expected a layer",
    ],
    [
      "union",
      z.union([z.number(), z.array(z.number())]),
      {},
      "received an object, expected a number, or a list",
    ],
    [
      "union with words",
      z.union([z.literal(true), z.array(z.string()).min(1)], { error: "expected true, or names" }),
      {},
      "received an object, expected true, or names",
    ],
  ];

for (const [what, schema, value, said] of words) {
  Deno.test(`validate() tells of what is wrong in the project's words: ${what}`, () => {
    assertEquals(
      problem(z.strictObject({ field: schema }), { field: value }),
      `"logits.field": Cannot use this value: ${said}`,
    );
  });
}

Deno.test("validate() names the place within a union, the key of a record, and a choice by kind", () => {
  const union = z.union([z.string(), z.strictObject({ units: z.int() }), z.array(z.int())]);
  const fault = (field: unknown) => problem(z.strictObject({ field: union }), { field });
  assertEquals(
    fault({ units: "a" }),
    '"logits.field.units": Cannot use this value: received "a", expected a number',
  );
  assertEquals(
    fault([1, 1.5]),
    '"logits.field.1": Cannot use this value: received 1.5, expected a whole number',
  );
  assertEquals(
    fault({ units: 1, unit: 1 }),
    '"logits.field.unit": Cannot use this value: there is no field "unit"',
  );
  assertEquals(
    problem(z.record(z.string().min(1), z.number()), { "": 1 }),
    '"logits": Cannot use this name: received "", expected text that is not empty',
  );
  const kinds = z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("a") }),
    z.object({ kind: z.literal("b") }),
  ]);
  assertEquals(
    problem(kinds, { kind: "c" }),
    '"logits.kind": Cannot use this value: received "c", expected one of "a", "b"',
  );
});

Deno.test("validate() gives the words of another schema library whole", () => {
  const schema = {
    "~standard": {
      version: 1,
      vendor: "mine",
      validate: () => ({ issues: [{ message: "must be odd", path: [{ key: "size" }] }] }),
    },
  };
  assertEquals(
    problem(schema, { size: 2 }),
    '"logits.size": Cannot use this value - must be odd: received 2',
  );
});

Deno.test("validate() refuses schemas that take their time", () => {
  const words = '"logits": Cannot use an asynchronous configuration schema\n' +
    "  hint: validate asynchronously in the loader's open()";
  assertEquals(problem(z.string().refine(() => Promise.resolve(true)), "x"), words);
  assertEquals(
    problem({ "~standard": { version: 1, vendor: "mine", validate: () => Promise.resolve() } }, 1),
    words,
  );
});

Deno.test("lazySchema() makes its schema when it is first asked, and once", () => {
  let made = 0;
  const schema = lazySchema(() => {
    made++;
    return z.strictObject({ units: z.int().min(1).describe("Number of outputs") });
  });
  assertEquals(made, 0);
  assertEquals(validate(schema, { units: 3 }, ""), { ok: true, config: { units: 3 } });
  assertEquals(
    problem(schema, { unit: 1.5 }),
    problem(z.strictObject({ units: z.int().min(1).describe("Number of outputs") }), { unit: 1.5 }),
  );
  assertEquals(made, 1);
});

Deno.test("lazySchema() describes itself as the schema that it makes", () => {
  const whole = z.strictObject({ units: z.int().default(2).describe("Number of outputs") });
  const schema = lazySchema(() => whole);
  assertEquals(fieldsOf(schema), fieldsOf(whole));
  assertEquals(describeSchema(schema), describeSchema(whole));
  assertEquals(schema["~standard"], whole["~standard"]);
});
