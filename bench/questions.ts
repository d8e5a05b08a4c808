/**
 * The questions, each a file of its own.
 *
 * @module
 */
import { cases as attention } from "./attention_bench.ts";
import { cases as compile } from "./compile_bench.ts";
import { cases as conv2d } from "./conv2d_bench.ts";
import { cases as embedding } from "./embedding_bench.ts";
import { cases as layers } from "./layers_bench.ts";
import { cases as loaders } from "./loaders_bench.ts";
import { cases as losses } from "./losses_bench.ts";
import { cases as matmul } from "./matmul_bench.ts";
import { cases as metrics } from "./metrics_bench.ts";
import { cases as normalizations } from "./normalizations_bench.ts";
import { cases as ops } from "./ops_bench.ts";
import { cases as optimizers } from "./optimizers_bench.ts";
import { cases as sequences } from "./sequences_bench.ts";
import { cases as startup } from "./startup_bench.ts";
import { cases as step } from "./step_bench.ts";
import type { BenchCase } from "./support/case.ts";

/** Cases by question. */
export type Questions = Readonly<Record<string, readonly BenchCase[]>>;

/** All of them. */
export const questions: Questions = {
  matmul,
  conv2d,
  embedding,
  layers,
  normalizations,
  sequences,
  attention,
  losses,
  metrics,
  optimizers,
  ops,
  step,
  compile,
  startup,
  loaders,
};

/** The cases for whose question and name `wants` is true. */
export function chosenOf(
  questions: Questions,
  wants: (one: BenchCase, question: string) => boolean,
): Questions {
  return Object.fromEntries(
    Object.entries(questions).map(([question, cases]): [string, BenchCase[]] => [
      question,
      cases.filter((one) => wants(one, question)),
    ]).filter(([, cases]) => cases.length > 0),
  );
}
