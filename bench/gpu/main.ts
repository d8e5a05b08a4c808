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
import { type Device, wasmDevice, webgpuDevice } from "../../core/devices/mod.ts";
import { writeFileAtomic } from "../../core/formats/mod.ts";
import { allThreads } from "../support/case.ts";
import { formatMachine, provenance } from "../support/machine.ts";
import { lastWords } from "../support/process.ts";
import { runVerb } from "../support/program.ts";
import { measure, nameOf, type Work, works } from "./work.ts";

/** Most multiply-adds of a work that the processor is measured on. */
const mostOnProcessor = 2048 ** 3;

/** One work and the seconds that each took; `null` where it was not measured. */
interface Row {
  readonly name: string;
  readonly work: Work;
  readonly seconds: Readonly<Record<"webgpu" | "wasm" | "pytorchCuda", number | null>>;
  /** Why a device could not do it. */
  readonly errors?: readonly string[];
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
      await writeJson(file, { error: availability.reason });
      io.stderr.write(`error: cannot use webgpu: ${availability.reason}\n`);
      return 1;
    }
    const from = await provenance();
    io.stdout.write(`${formatMachine(from.machine)}\n${availability.description}\n\n`);
    const pytorch = await runPytorch(chosen, seconds);
    if ("reason" in pytorch) io.stderr.write(`PyTorch with CUDA is left out: ${pytorch.reason}\n`);
    const rows: Row[] = [];
    // after each row: what comes later may fail, or the time be over
    const write = () =>
      writeJson(file, {
        ...from,
        adapter: availability.description,
        threads: allThreads,
        pytorch: "version" in pytorch ? pytorch.version : pytorch.reason,
        rows,
      });
    let status = 0;
    for (const work of chosen) {
      const name = nameOf(work);
      const onProcessor = !invocation.flag("skip-wasm") &&
        (work.kind === "step" || work.size ** 3 <= mostOnProcessor);
      const errors: string[] = [];
      const secondsOn = async (device: Device, threads: number) => {
        try {
          return await measure(work, { device, threads, seconds });
        } catch (error) {
          errors.push(`${device.name}: ${(error as Error).message}`);
          return null;
        }
      };
      const row: Row = {
        name,
        work,
        seconds: {
          webgpu: await secondsOn(webgpu, 1),
          wasm: onProcessor ? await secondsOn(wasmDevice(), allThreads) : null,
          pytorchCuda: "seconds" in pytorch ? pytorch.seconds[name] ?? null : null,
        },
        ...(errors.length === 0 ? {} : { errors }),
      };
      rows.push(row);
      await write();
      if (errors.length > 0) {
        status = 1;
        io.stderr.write(`${name}: ${errors.join("; ")}\n`);
      }
      const cells = Object.entries(row.seconds).map(([device, seconds]) =>
        `${device} ${seconds === null ? "-" : `${(1e6 * seconds).toFixed(1)} us`}`
      );
      io.stdout.write(`${name.padEnd(24)} ${cells.join("   ")}\n`);
    }
    return status;
  },
};

async function writeJson(file: string, data: unknown): Promise<void> {
  await writeFileAtomic(file, new TextEncoder().encode(`${JSON.stringify(data, null, 2)}\n`));
}

/** What PyTorch takes for all works, by name, or why that is not known. */
type PytorchResult =
  | { readonly version: string; readonly seconds: Readonly<Record<string, number>> }
  | { readonly reason: string };

async function runPytorch(works: readonly Work[], seconds: number): Promise<PytorchResult> {
  const script = new URL("pytorch.py", import.meta.url);
  const named = works.map((work) => ({ name: nameOf(work), ...work }));
  const limitSeconds = 60 + works.length * (2 * seconds + 5);
  try {
    const { success, stdout, stderr } = await new Deno.Command("python3", {
      args: [script.pathname, JSON.stringify({ seconds, works: named })],
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(1000 * limitSeconds),
    }).output();
    if (success) return JSON.parse(new TextDecoder().decode(stdout));
    const said = lastWords(new TextDecoder().decode(stderr));
    return {
      reason: said === "" ? `it took more than ${limitSeconds} s, or ended silently` : said,
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { reason: "there is no python3" };
    throw error;
  }
}

await runVerb(bench);
