/**
 * How fast is the GPU? Products and training steps on `webgpu` and on `wasm` with all threads, and, where
 * `python3` can import it, on PyTorch with CUDA, in one run. Writes one JSON object to a file.
 *
 *     deno run -A bench/gpu/main.ts result.json [--seconds 2] [--largest 4096] [--skip-wasm]
 *
 * `bench/gpu.sh` runs it, after the tests, on a machine without Deno.
 *
 * @module
 */
import type { Verb } from "../../core/cli/options.ts";
import { wasmDevice, webgpuDevice } from "../../core/devices/mod.ts";
import { allThreads } from "../support/case.ts";
import { formatMachine, provenance } from "../support/machine.ts";
import { runVerb } from "../support/program.ts";
import { measure, nameOf, type Work, works } from "./work.ts";

/** Most multiply-adds of a work that the processor is measured on. */
const mostOnProcessor = 2048 ** 3;

/** One work and the seconds that each took; `null` where it was not measured. */
interface Row {
  readonly name: string;
  readonly work: Work;
  readonly seconds: Readonly<Record<"webgpu" | "wasm" | "pytorchCuda", number | null>>;
}

const bench: Verb = {
  name: "bench/gpu",
  summary: "Measure webgpu beside wasm and PyTorch with CUDA",
  operand: "<result.json>",
  options: [
    { name: "seconds", value: "n", description: "Seconds for each work and device; default 2" },
    { name: "largest", value: "n", description: "Largest matrix and batch; default 4096" },
    { name: "skip-wasm", description: "Leave the processor out" },
  ],
  async run(invocation, io) {
    const file = invocation.operand();
    const seconds = invocation.whole("seconds", { min: 1 }) ?? 2;
    const largest = invocation.whole("largest", { min: 1 }) ?? Infinity;
    const chosen = works.filter((work) =>
      (work.kind === "matmul" ? work.size : work.batch) <= largest
    );
    const webgpu = webgpuDevice();
    const availability = await webgpu.probe();
    if (!availability.available) {
      io.stderr.write(`error: ${availability.reason}\n`);
      return 1;
    }
    const from = await provenance();
    io.stdout.write(`${formatMachine(from.machine)}\n${availability.description}\n\n`);
    const pytorch = await runPytorch(chosen, seconds);
    const rows: Row[] = [];
    for (const work of chosen) {
      const name = nameOf(work);
      const onProcessor = !invocation.flag("skip-wasm") &&
        (work.kind === "step" || work.size ** 3 <= mostOnProcessor);
      const row: Row = {
        name,
        work,
        seconds: {
          webgpu: await measure(work, { device: webgpu, threads: 1, seconds }),
          wasm: onProcessor
            ? await measure(work, { device: wasmDevice(), threads: allThreads, seconds })
            : null,
          pytorchCuda: pytorch?.seconds[name] ?? null,
        },
      };
      rows.push(row);
      const cells = Object.entries(row.seconds).map(([device, seconds]) =>
        `${device} ${seconds === null ? "-" : `${(1e6 * seconds).toFixed(1)} us`}`
      );
      io.stdout.write(`${name.padEnd(24)} ${cells.join("   ")}\n`);
    }
    const result = {
      ...from,
      adapter: availability.description,
      threads: allThreads,
      pytorch: pytorch?.version ?? null,
      rows,
    };
    await Deno.writeTextFile(file, `${JSON.stringify(result, null, 2)}\n`);
    return 0;
  },
};

/** What PyTorch takes for all works, by name; `null` where it or CUDA is absent. */
async function runPytorch(works: readonly Work[], seconds: number): Promise<
  { readonly version: string; readonly seconds: Readonly<Record<string, number>> } | null
> {
  const script = new URL("pytorch.py", import.meta.url);
  const named = works.map((work) => ({ name: nameOf(work), ...work }));
  try {
    const { success, stdout } = await new Deno.Command("python3", {
      args: [script.pathname, JSON.stringify({ seconds, works: named })],
      stdout: "piped",
      stderr: "null",
    }).output();
    return success ? JSON.parse(new TextDecoder().decode(stdout)) : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

await runVerb(bench);
