/**
 * What contenders written in TypeScript share: reading the job, the training loop around a step, and
 * the answer.
 *
 * @module
 */
import { systemIo } from "../../core/cli/terminal.ts";
import { peakMemoryBytes } from "../support/machine.ts";
import {
  type Digits,
  digits,
  type Job,
  type MatmulWork,
  type Outcome,
  pixels,
  type Training,
  type TrainWork,
} from "./work.ts";

/** A library, made ready for the work. */
export interface Library {
  readonly versions: Readonly<Record<string, string>>;
  /** Gives what multiplies two matrices of n by n once, and has the product when it returns or resolves. */
  matmul(n: number): Multiplication | Promise<Multiplication>;
  /** Trains a network with its whole loop. */
  train(work: TrainWork): Promise<Training>;
}

/** Multiplies once; what it gives is awaited where it is a promise. */
export type Multiplication = () => unknown;

/** Trains step by step. */
export interface Trainer {
  /** One step on a batch of images `[batch, 784]`, scaled to 0 … 1. */
  step(images: Float32Array<ArrayBuffer>, labels: Uint8Array<ArrayBuffer>): void | Promise<void>;
  /** Loss of the last step. */
  loss(): number | Promise<number>;
}

/** Does the job of this process, answers, and ends it. */
export async function contend(
  open: (job: Job) => Library | Promise<Library>,
): Promise<never> {
  const job: Job = JSON.parse(Deno.args[0]!);
  const library = await open(job);
  const { versions } = library;
  const done = job.work.kind === "matmul"
    ? { gflops: await multiply(library, job.work) }
    : { training: await library.train(job.work) };
  const outcome: Outcome = { ...done, peakBytes: await peakMemoryBytes(), versions };
  systemIo().stdout.write(`${JSON.stringify(outcome)}\n`);
  Deno.exit(0); // workers may be left
}

/** GFLOP/s of the fastest product of each size, after half the time for warming up. */
async function multiply(
  library: Library,
  { sizes, seconds }: MatmulWork,
): Promise<Record<string, number>> {
  const gflops: Record<string, number> = {};
  for (const n of sizes) {
    const multiplication = await library.matmul(n);
    let best = Infinity;
    const begun = performance.now();
    const from = begun + 500 * seconds;
    for (let now = begun; now < from + 1000 * seconds;) {
      const done = multiplication();
      if (done instanceof Promise) await done;
      const next = performance.now();
      if (now >= from || best === Infinity) best = Math.min(best, next - now);
      now = next;
    }
    gflops[n] = 2 * n ** 3 / best / 1e6;
  }
  return gflops;
}

/** The training loop around a step: shuffles every epoch, gathers batches, and measures. */
export async function trainBySteps(
  { network, batch, rows, seconds }: TrainWork,
  { step, loss }: Trainer,
): Promise<Training> {
  if (network === "lstm") throw new TypeError("Cannot train an LSTM: it is not written here");
  const data = digits(rows);
  const order = Uint32Array.from({ length: rows }, (_, i) => i);
  const stopwatch = new Stopwatch(seconds);
  const images = new Float32Array(batch * pixels);
  const labels = new Uint8Array(batch);
  for (let steps = 0; !stopwatch.isOver;) {
    shuffle(order);
    for (let first = 0; first < rows && !stopwatch.isOver; first += batch) {
      gather(data, { order: order.subarray(first, first + batch), images, labels });
      const done = step(images, labels);
      if (done instanceof Promise) await done;
      steps++;
      stopwatch.tell(steps * batch);
    }
  }
  return { ...stopwatch.result(), loss: await loss() };
}

function shuffle(order: Uint32Array): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
}

function gather(
  data: Digits,
  { order, images, labels }: {
    readonly order: Uint32Array;
    readonly images: Float32Array;
    readonly labels: Uint8Array;
  },
): void {
  for (let i = 0; i < order.length; i++) {
    const [from, to] = [order[i]! * pixels, i * pixels];
    for (let p = 0; p < pixels; p++) images[to + p] = data.images[from + p]! * (1 / 255);
    labels[i] = data.labels[order[i]!]!;
  }
}

/** Measures the pace of training: told of samples, it knows where to begin and when to end. */
export class Stopwatch {
  readonly #milliseconds: number;
  #firstStepAt = 0;
  #firstTold = 0;
  #begun: { readonly at: number; readonly samples: number } | undefined;
  #ended: { readonly at: number; readonly samples: number } | undefined;

  constructor(seconds: number) {
    this.#milliseconds = 1000 * seconds;
  }

  /** Whether enough is measured. */
  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  /** Tells that so many samples have been trained on since the start. */
  tell(samples: number, now: number = performance.now()): void {
    if (this.#firstStepAt === 0) {
      this.#firstStepAt = performance.timeOrigin + now;
      this.#firstTold = now;
      if (this.#milliseconds === 0) this.#ended = this.#begun = { at: now, samples };
      return;
    }
    if (this.#begun === undefined) {
      if (now >= this.#firstTold + this.#milliseconds / 2) this.#begun = { at: now, samples };
    } else if (this.#ended === undefined && now >= this.#begun.at + this.#milliseconds) {
      this.#ended = { at: now, samples };
    }
  }

  /** What was measured. */
  result(): Omit<Training, "loss"> {
    const [begun, ended] = [this.#begun!, this.#ended!];
    const seconds = (ended.at - begun.at) / 1000;
    const samplesPerSecond = seconds === 0 ? 0 : (ended.samples - begun.samples) / seconds;
    return { firstStepAt: this.#firstStepAt, samplesPerSecond };
  }
}
