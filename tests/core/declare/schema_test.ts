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
    '"logits.units": Cannot use this value: received 1.5, expected int\n' +
      "  hint: units: Number of outputs",
  );
  assertEquals(
    problem(schema, { units: -4 }),
    '"logits.units": Cannot use this value: received -4, expected number >=1\n' +
      "  hint: units: Number of outputs",
  );
  assertEquals(
    problem(schema, {}),
    '"logits.units": Cannot use this value: received nothing, expected number\n' +
      "  hint: units: Number of outputs",
  );
  assertEquals(
    problem(schema, { units: 1, kind: "c" }),
    '"logits.kind": Cannot use this value: received "c", expected one of "a"|"b"',
  );
  assertEquals(
    problem(schema, { units: 1, list: [1, 2, 3] }),
    '"logits.list": Cannot use this value: expected array with <=2 items',
  );
  assertEquals(
    problem(schema, { units: 1, list: ["x"] }),
    '"logits.list.0": Cannot use this value: received "x", expected number',
  );
  assertEquals(
    problem(schema, { units: 1, unit: 2 }),
    '"logits.unit": Cannot use this value: there is no field "unit"\n' +
      '  hint: did you mean "units"? Known: units, kind, list',
  );
  assertEquals(
    problem(schema, 5),
    '"logits": Cannot use this value: received 5, expected object',
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
