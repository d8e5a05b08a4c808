/**
 * How long does it take to make a training step of a pipeline: check, differentiate, plan, assemble,
 * and V8's compiling and instantiating? First in a process, as users meet it, and again,
 * when V8 has compiled what does it.
 *
 * @module
 */
import type { Pipeline } from "@millrace/millrace";
import lenet from "../pipelines/lenet.ts";
import mnist from "../pipelines/mnist.ts";
import sequence from "../pipelines/sequence.ts";
import { type BenchCase, register, type Runner, type Variant } from "./support/case.ts";
import { phasesOf } from "./support/phases.ts";
import { runModule } from "./support/process.ts";

/** The phase that stands for all. */
const whole = "all of it";

/** Measures first compilations; what one process tells serves every phase once. */
class FirstCompiles {
  readonly #told = new Map<string, number[]>();

  constructor(readonly pipeline: string) {}

  /** Nanoseconds of a phase in a process that has told it to nobody else. */
  async next(phase: string): Promise<number> {
    if (!this.#told.get(phase)?.length) {
      const module = `../../pipelines/${this.pipeline}.ts`;
      const told = JSON.parse(
        await runModule("bench/support/first_compile.ts", { args: [module] }),
      ) as Record<string, number>;
      told[whole] = Object.values(told).reduce((a, b) => a + b);
      for (const [name, nanoseconds] of Object.entries(told)) {
        this.#told.set(name, [...this.#told.get(name) ?? [], nanoseconds]);
      }
    }
    return this.#told.get(phase)!.shift()!;
  }
}

function compilations(pipeline: Pipeline): BenchCase[] {
  const first = new FirstCompiles(pipeline.name);
  const names = phasesOf(pipeline).map(({ name }) => name);
  return [whole, ...names].map((phase) => ({
    name: `${pipeline.name}: ${phase}`,
    variants: [
      inProcess("first in a process", {
        isSelfTimed: true,
        prepare: () => ({ run: () => first.next(phase) }),
      }),
      inProcess("again", { prepare: () => prepareAgain(pipeline, phase) }),
    ],
  }));
}

function inProcess(
  name: string,
  variant: Pick<Variant, "prepare" | "isSelfTimed">,
): Variant {
  return { name, threads: 1, device: "wasm", ...variant };
}

/** A phase on what all phases before it left. */
function prepareAgain(pipeline: Pipeline, name: string): Runner {
  const phases = phasesOf(pipeline);
  const all = () => phases.forEach((phase) => phase.run());
  all();
  return { run: phases.find((phase) => phase.name === name)?.run ?? all };
}

/** The cases. */
export const cases: readonly BenchCase[] = [
  ...compilations(mnist),
  ...compilations(lenet),
  ...compilations(sequence),
];

await register(cases, import.meta);
