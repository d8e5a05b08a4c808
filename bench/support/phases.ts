/**
 * The phases between a pipeline and a module that can be run, one by one.
 *
 * @module
 */
import { type Pipeline, wasmDevice } from "@millrace/millrace";
import { check, traceFor } from "../../core/check/mod.ts";
import { assemblePlan, maximumPages } from "../../core/devices/wasm/module.ts";
import { differentiate } from "../../core/differentiate/mod.ts";
import { verifyGraph } from "../../core/graph/mod.ts";
import { plan, verifyPlan } from "../../core/plan/mod.ts";

/** A phase. It works on what the one before it left, as often as wanted. */
export interface Phase {
  readonly name: string;
  run(): void;
}

/** The phases that make a pipeline's training step, in order; each must have run before the next. */
export function phasesOf(pipeline: Pipeline): Phase[] {
  const { target } = wasmDevice();
  let checked: ReturnType<typeof check>;
  let traced: ReturnType<typeof traceFor>;
  let graph: ReturnType<typeof differentiate>;
  let planned: ReturnType<typeof plan>;
  let assembled: ReturnType<typeof assemblePlan>;
  let module: WebAssembly.Module;
  return [
    {
      name: "check",
      run() {
        checked = check(pipeline);
        // the check has traced it already, and keeps that
        traced = traceFor(checked, {
          purpose: "train",
          batchSize: checked.resolved.run.batchSize,
        });
      },
    },
    {
      name: "differentiate",
      run() {
        graph = differentiate(traced.graph);
        verifyGraph(graph);
      },
    },
    {
      name: "plan",
      run() {
        planned = plan(graph, { target });
        verifyPlan(planned, target);
      },
    },
    {
      name: "assemble",
      run: () => void (assembled = assemblePlan(planned, { arithmetic: "fast", threads: 1 })),
    },
    { name: "compile", run: () => void (module = new WebAssembly.Module(assembled.bytes)) },
    {
      name: "instantiate",
      run() {
        const initial = assembled.pages;
        const memory = new WebAssembly.Memory({ initial, maximum: maximumPages, shared: true });
        new WebAssembly.Instance(module, { env: { memory } });
      },
    },
  ];
}
