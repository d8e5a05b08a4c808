import { assertEquals } from "@std/assert";
import { columns, disciplines } from "../../../bench/rivals/competition.ts";
import { best, formatFigure, formatResults, middle } from "../../../bench/rivals/results.ts";

Deno.test("formatFigure() writes large figures in thousands", () => {
  assertEquals(formatFigure(76_831), "76.8k");
  assertEquals(formatFigure(9_996), "10.0k");
  assertEquals(formatFigure(9_994), "9990");
  assertEquals(formatFigure(0.0934), "0.0934");
});

Deno.test("disciplines() give every column a figure", () => {
  const outcome = {
    gflops: { 256: 1, 512: 2, 1024: 3 },
    training: { firstStepAt: 1500, samplesPerSecond: 4, loss: 0.1 },
    peakBytes: 5e6,
    versions: {},
  };
  const figures = Object.assign({}, ...disciplines(1).map((one) => one.figures(outcome, 1000)));
  assertEquals(figures, {
    "matmul 256": 1,
    "matmul 512": 2,
    "matmul 1024": 3,
    "MLP 32": 4,
    "MLP 128": 4,
    "LeNet 64": 4,
    "LSTM 64": 4,
    "first step": 0.5,
    memory: 5,
  });
  assertEquals(Object.keys(figures).toSorted(), columns.map(({ name }) => name).toSorted());
});

Deno.test("formatResults() takes one number of the rounds, and numbers what cannot be done", () => {
  const shown = columns.filter(({ name }) => ["LeNet 64", "first step"].includes(name));
  const results = [
    {
      contender: "millrace, 1 thread",
      figures: { "LeNet 64": [14_000, 16_000, 15_000], "first step": [0.2, 0.1, 0.3] },
      failures: {},
    },
    {
      contender: "tfjs wasm",
      figures: { "first step": [0.5] },
      failures: { "LeNet 64": "Error: Kernel 'Conv2DBackpropFilter' not registered" },
    },
    { contender: "loop", figures: {}, failures: {} },
  ];
  assertEquals(
    formatResults(results, { columns: shown, take: best }),
    `\
                      LeNet 64  first step
                     samples/s           s
millrace, 1 thread       16.0k       0.100
tfjs wasm           cannot [1]       0.500
loop                         -           -
[1] tfjs wasm, LeNet 64: Error: Kernel 'Conv2DBackpropFilter' not registered
`,
  );
  assertEquals(
    formatResults(results.slice(0, 1), { columns: shown, take: middle }),
    `\
                     LeNet 64  first step
                    samples/s           s
millrace, 1 thread      15.0k       0.200
`,
  );
});
