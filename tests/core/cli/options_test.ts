import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "../../../core/errors.ts";
import {
  defined,
  executeSettings,
  orList,
  parseArguments,
  parseSettings,
  shared,
  type Verb,
} from "../../../core/cli/options.ts";

const verb: Verb = {
  name: "train",
  summary: "Train",
  operand: "<pipeline.ts>",
  options: [
    shared.epochs,
    shared.batchSize,
    shared.seed,
    shared.set,
    shared.device,
    shared.threads,
    shared.limit,
    { name: "no-run", description: "Keep nothing" },
    shared.json,
  ],
  run: () => Promise.resolve(0),
};

function usage(
  args: readonly string[],
  use = (_: ReturnType<typeof parseArguments>): unknown => 0,
) {
  return assertThrows(() => use(parseArguments(verb, args)), UsageError).message;
}

Deno.test("parseArguments() takes operands, flags and values in any order", () => {
  const invocation = parseArguments(verb, [
    "--json",
    "a.ts",
    "--epochs",
    "3",
    "--set=x.y=1",
    "--no-run",
    "--set",
    "z=2",
  ]);
  assertEquals(invocation.operand(), "a.ts");
  assertEquals(invocation.flag("json"), true);
  assertEquals(invocation.flag("no-run"), true);
  assertEquals(invocation.flag("help"), false);
  assertEquals(invocation.whole("epochs", { min: 1 }), 3);
  assertEquals(invocation.texts("set"), ["x.y=1", "z=2"]);
  assertEquals(invocation.text("device"), undefined);
});

Deno.test("parseArguments() takes the last of an option that is repeated", () => {
  assertEquals(parseArguments(verb, ["--seed", "1", "--seed=2"]).text("seed"), "2");
});

Deno.test("parseArguments() takes -h for --help and what follows -- as operands", () => {
  assertEquals(parseArguments(verb, ["-h"]).flag("help"), true);
  assertEquals(parseArguments(verb, ["--", "--json"]).operands, ["--json"]);
});

Deno.test("parseArguments() keeps names of files that look like numbers", () => {
  assertEquals(parseArguments(verb, ["007"]).operand(), "007");
});

Deno.test("parseArguments() names the nearest option", () => {
  assertEquals(
    usage(["--epoch", "3"]),
    'Unknown option "--epoch" of train\n  hint: did you mean "--epochs"?',
  );
  assertStringIncludes(usage(["--batchsize=3"]), 'did you mean "--batch-size"?');
  assertStringIncludes(usage(["-x"]), 'Unknown option "-x" of train');
  assertStringIncludes(usage(["--frobnicate"]), '"deno task train --help" lists the options');
});

Deno.test("parseArguments() points to --set for a field given as an option", () => {
  assertStringIncludes(
    usage(["--optimizer.learningRate=0.1"]),
    'a field of a stage is set by "--set optimizer.learningRate=0.1"',
  );
});

Deno.test("parseArguments() rejects an option without its value", () => {
  for (const args of [["--epochs"], ["--epochs="], ["--epochs", "--json"], ["--epochs", ""]]) {
    assertEquals(usage(args), 'Cannot use "--epochs": its value <n> is missing');
  }
});

Deno.test("Invocation.operand() wants exactly one", () => {
  assertStringIncludes(usage([], (i) => i.operand()), "Cannot train: <pipeline.ts> is missing");
  assertStringIncludes(
    usage(["a.ts", "b.ts"], (i) => i.operand()),
    'Cannot use "b.ts": one <pipeline.ts> is enough',
  );
});

Deno.test("Invocation.whole() rejects what is no whole number in the range", () => {
  for (const text of ["0", "-1", "1.5", "x", "1e3"]) {
    assertEquals(
      usage(["--epochs", text], (i) => i.whole("epochs", { min: 1 })),
      `Cannot use "--epochs": received "${text}", expected a whole number of at least 1`,
    );
  }
  assertStringIncludes(
    usage(["--seed", "4294967296"], executeSettings),
    "expected a whole number from 0 to 4294967295",
  );
});

Deno.test("Invocation.choice() names the choices and the nearest", () => {
  assertEquals(
    usage(["--device", "wasn"], (i) => i.choice("device", ["auto", "wasm", "reference"])),
    'Cannot use "--device": received "wasn", expected auto, wasm or reference\n' +
      '  hint: did you mean "wasm"?',
  );
});

Deno.test("parseSettings() parses values as JSON, else as strings", () => {
  assertEquals(
    parseSettings(["a.b=0.01", "c=true", "d=relu", 'e="7"', "f=[1, 2]", "g=", "h=x=y", "i=null"]),
    { "a.b": 0.01, c: true, d: "relu", e: "7", f: [1, 2], g: "", h: "x=y", i: null },
  );
});

Deno.test("parseSettings() takes the last value of a path", () => {
  assertEquals(parseSettings(["a=1", "a=2"]), { a: 2 });
});

Deno.test("parseSettings() rejects what is no path=value", () => {
  for (const text of ["a", "=1", "a b=1"]) {
    assertThrows(
      () => parseSettings([text]),
      UsageError,
      `Cannot use "--set ${text}": expected path=value`,
    );
  }
});

Deno.test("executeSettings() puts the short options over --set", () => {
  const args = ["--set", "epochs=9", "--epochs", "2", "--batch-size", "64", "--threads", "2"];
  assertEquals(executeSettings(parseArguments(verb, args)), {
    threads: 2,
    set: { epochs: 2, batchSize: 64 },
  });
  assertEquals(executeSettings(parseArguments(verb, args), "evaluateBatchSize").set, {
    epochs: 2,
    evaluateBatchSize: 64,
  });
});

Deno.test("defined() leaves out what is undefined and nothing else", () => {
  assertEquals(defined({ a: 1, b: undefined, c: null, d: 0 }), { a: 1, c: null, d: 0 });
});

Deno.test("orList() reads as a sentence", () => {
  assertEquals(orList(["a"]), "a");
  assertEquals(orList(["a", "b", "c"]), "a, b or c");
});
