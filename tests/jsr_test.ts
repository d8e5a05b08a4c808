/**
 * What this project uses of `@std`, as it uses it. The tests hold for the original packages and for
 * the stand-ins of `tests/jsr` alike: they are where the two are kept the same.
 *
 * @module
 */
import * as std from "@std/assert";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { parseArgs } from "@std/cli";
import { parseArgs as parseArgsAlone } from "@std/cli/parse-args";
import { CsvParseStream, CsvStringifyStream, parse, stringify } from "@std/csv";
import { CsvParseStream as ParseStreamAlone } from "@std/csv/parse-stream";
import { parse as parseAlone } from "@std/csv/parse";
import { stringify as stringifyAlone } from "@std/csv/stringify";

function fails(check: () => void, message: string): void {
  assertThrows(check, std.AssertionError, message);
}

Deno.test("assertEquals() compares deeply, NaN with itself, and 0 with -0", () => {
  assertEquals([0, NaN, { x: new Map([[{ a: 1 }, 2]]) }], [-0, NaN, {
    x: new Map([[{ a: 1 }, 2]]),
  }]);
  assertEquals(new Float32Array([0, NaN]), new Float32Array([-0, NaN]));
  assertEquals(new Set([[1], [2]]), new Set([[2], [1]]));
  std.assertNotEquals<unknown>({ a: undefined }, {});
  std.assertNotEquals<unknown>(new Uint8Array(2), new Int8Array(2));
  std.assertNotEquals<unknown>([1, 2], [1, 2, 3]);
  std.assertNotEquals(new Date(0), new Date(1));
  fails(() => assertEquals({ a: [1, 2] }, { a: [1, 3] }), "Values are not equal");
  fails(() => assertEquals("a", "b", "letters"), "Values are not equal: letters");
  fails(() => std.assertNotEquals([1], [1]), "not to be");
});

Deno.test("assertThrows() and assertRejects() check class and message and return the error", async () => {
  const thrown = assertThrows(
    () => {
      throw new RangeError("out of range");
    },
    RangeError,
    "out of",
  );
  assertEquals(thrown.message, "out of range");
  const rejected = await assertRejects(() => Promise.reject(new TypeError("no")), TypeError);
  assertEquals(rejected.name, "TypeError");
  fails(() => assertThrows(() => {}), "Expected function to throw");
  fails(
    () =>
      assertThrows(() => {
        throw new Error("x");
      }, TypeError),
    'Expected error to be instance of "TypeError", but was "Error"',
  );
  fails(
    () =>
      assertThrows(
        () => {
          throw new Error("x");
        },
        Error,
        "y",
      ),
    'Expected error message to include "y", but got "x"',
  );
  await assertRejects(
    () => assertRejects(() => Promise.resolve()),
    std.AssertionError,
    "Expected function to reject",
  );
  await assertRejects(
    () =>
      assertRejects(() => {
        throw new Error("at once");
      }),
    std.AssertionError,
    "Function throws when expected to reject",
  );
});

Deno.test("the other assertions pass and fail as they say", () => {
  assert(true);
  fails(() => assert(0, "zero"), "zero");
  fails(() => std.fail("reason"), "Failed assertion: reason");
  std.assertAlmostEquals(1, 1 + 1e-9);
  std.assertAlmostEquals(0.1 + 0.2, 0.3, 1e-15);
  fails(() => std.assertAlmostEquals(1, 1.1, 0.01), 'to be close to "1.1e+0"');
  std.assertExists(0);
  fails(() => std.assertExists(null), 'Expected actual: "null" to not be null or undefined');
  std.assertStringIncludes("millrace", "race");
  fails(
    () => std.assertStringIncludes("mill", "race"),
    'Expected actual: "mill" to contain: "race"',
  );
  std.assertMatch("abc", /b/);
  fails(() => std.assertMatch("abc", /d/), "to match");
  std.assertGreater(2, 1);
  fails(() => std.assertGreater(1, 1), "Expect 1 > 1");
  std.assertGreaterOrEqual(1, 1);
  fails(() => std.assertGreaterOrEqual(0, 1), "Expect 0 >= 1");
  std.assertLess(1, 2);
  fails(() => std.assertLess(1, 1), "Expect 1 < 1");
  std.assertLessOrEqual(1, 1);
  fails(() => std.assertLessOrEqual(2, 1), "Expect 2 <= 1");
  std.assertInstanceOf(new Date(), Date);
  fails(
    () => std.assertInstanceOf(new Date(), RegExp),
    'Expected object to be an instance of "RegExp" but was "Date"',
  );
  std.assertArrayIncludes([1, { a: 1 }], [{ a: 1 }]);
  fails(() => std.assertArrayIncludes([1], [2]), "to include");
});

Deno.test("parseArgs() types, collects, negates and gives defaults", () => {
  const args = parseArgs(
    // deno-fmt-ignore
    ["--set", "a=1", "x.ts", "--set", "b=2", "--json", "--no-color", "-d", "wasm", "--seed=3", "--", "q"],
    {
      string: ["set", "device", "seed", "run"],
      boolean: ["json", "color", "quiet"],
      collect: ["set"],
      negatable: ["color"],
      alias: { device: ["d"] },
      default: { color: true },
      "--": true,
    },
  );
  const set: string[] = args.set;
  const json: boolean = args.json;
  const device: string | undefined = args.device;
  assertEquals(set, ["a=1", "b=2"]);
  assertEquals([json, args.quiet, args.color], [true, false, false]);
  assertEquals([device, args.d, args.seed, args.run], ["wasm", "wasm", "3", undefined]);
  assertEquals(args._, ["x.ts"]);
  assertEquals(args["--"], ["q"]);
});

Deno.test("parseArgs() takes the last of repeated options and reports unknown ones", () => {
  const seen: string[] = [];
  const args = parseArgsAlone(["--x", "1", "--x", "2", "--nope=3", "f", "--no-zip"], {
    string: ["x", "y"],
    collect: ["y"],
    unknown: (arg) => {
      seen.push(arg);
      return !arg.startsWith("-");
    },
  });
  assertEquals({ ...args }, { _: ["f"], x: "2", y: [] });
  assertEquals(seen.toSorted(), ["--no-zip", "--nope=3", "f"]);
  assertEquals({ ...parseArgs(["5", "--n", "7"]) }, { _: [5], n: 7 });
  assertEquals({ ...parseArgs(["a", "--b", "2"], { stopEarly: true }) }, { _: ["a", "--b", "2"] });
});

Deno.test("parse() reads CSV", () => {
  assertEquals(parse('\ufeffa,b\r\n\r\n"x\r\ny",2\n'), [["a", "b"], ["x\ny", "2"]]);
  assertEquals(parseAlone("a,b\n1,2", { skipFirstRow: true }), [{ a: "1", b: "2" }]);
  assertThrows(
    () => parse("a,b\n\n1\n", { fieldsPerRecord: 0 }),
    SyntaxError,
    "line 3: expected 2 fields but got 1",
  );
  assertThrows(() => parse('a,b\n"1\n'), SyntaxError, 'extraneous or missing " in quoted-field');
  assertThrows(() => parse("a,b\n1\n", { skipFirstRow: true }), Error, "line 2");
});

Deno.test("CsvParseStream gives every row before a malformed one", async () => {
  const rows: string[][] = [];
  const stream = ReadableStream.from(['a,b\n1,2\n3,"4', '"\n5,x "y"\n7,8\n'])
    .pipeThrough(new CsvParseStream());
  const error = await assertRejects(
    async () => {
      for await (const row of stream) rows.push(row);
    },
    SyntaxError,
    'bare " in non-quoted-field',
  );
  std.assertStringIncludes(error.message, "Syntax error on line 4");
  assertEquals(rows, [["a", "b"], ["1", "2"], ["3", "4"]]);
});

Deno.test("CsvParseStream takes the options of parse()", async () => {
  const stream = ReadableStream.from(["a;b\n#note\n 1; 2\n"]).pipeThrough(
    new ParseStreamAlone({
      separator: ";",
      comment: "#",
      trimLeadingSpace: true,
      columns: ["x", "y"],
      skipFirstRow: true,
    }),
  );
  assertEquals(await Array.fromAsync(stream), [{ x: "1", y: "2" }]);
});

Deno.test("CsvParseStream stops reading when it is cancelled", async () => {
  let cancelled = false;
  const source = new ReadableStream<string>({
    pull: (controller) => controller.enqueue("1,2\n"),
    cancel: () => void (cancelled = true),
  });
  for await (const row of source.pipeThrough(new CsvParseStream())) {
    assertEquals(row, ["1", "2"]);
    break;
  }
  await new Promise((resolve) => setTimeout(resolve));
  assert(cancelled);
});

Deno.test("stringify() and CsvStringifyStream write CSV", async () => {
  const rows = [{ a: 1, b: "x,y" }, { a: 'l\n"m"', b: null }];
  const text = 'a,b\r\n1,"x,y"\r\n"l\n""m""",\r\n';
  assertEquals(stringify(rows, { columns: ["a", "b"] }), text);
  assertEquals(stringifyAlone([["1", true]], { headers: false, separator: "\t" }), "1\ttrue\r\n");
  const stream = ReadableStream.from(rows).pipeThrough(
    new CsvStringifyStream({ columns: ["a", "b"] }),
  );
  assertEquals((await Array.fromAsync(stream)).join(""), text);
});
