/**
 * Program: makes the training step of a pipeline once, in a process that has done nothing before, and
 * writes the nanoseconds of each phase as JSON.
 *
 * @module
 */
import { systemIo } from "../../core/cli/terminal.ts";
import { phasesOf } from "./phases.ts";

const { default: pipeline } = await import(import.meta.resolve(Deno.args[0]!));
const nanoseconds: Record<string, number> = {};
for (const { name, run } of phasesOf(pipeline)) {
  const started = performance.now();
  run();
  nanoseconds[name] = (performance.now() - started) * 1e6;
}
systemIo().stdout.write(JSON.stringify(nanoseconds));
