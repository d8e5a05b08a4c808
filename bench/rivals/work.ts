/**
 * What rivals are given to do, and what they answer. A contender is a program of its own: it gets one
 * job as JSON on its command line, and writes what it measured as its last line.
 *
 * @module
 */

/**
 * A network that is trained, as `pipelines/mnist.ts`, `pipelines/lenet_speed.ts` and
 * `pipelines/sequence.ts` declare it.
 */
export type Network = "mlp" | "lenet" | "lstm";

/** Products of square matrices. */
export interface MatmulWork {
  readonly kind: "matmul";
  /** Rows and columns of each product. */
  readonly sizes: readonly number[];
  /** Seconds for each size. */
  readonly seconds: number;
}

/**
 * Training with the whole loop: epochs over `rows` images in random order, batches gathered and
 * scaled, steps. What is measured begins after half as many seconds, and never with the first step.
 */
export interface TrainWork {
  readonly kind: "train";
  readonly network: Network;
  /** Rows of a batch; `rows` is a multiple of it. */
  readonly batch: number;
  readonly rows: number;
  /** Seconds that are measured; with 0 it ends after the first step. */
  readonly seconds: number;
}

/** What a contender is to do. */
export interface Job {
  readonly work: MatmulWork | TrainWork;
  readonly threads: number;
}

/** What a contender measured. */
export interface Outcome {
  /** GFLOP/s of the fastest product, by size. */
  readonly gflops?: Readonly<Record<string, number>>;
  readonly training?: Training;
  /** Most memory that the process held; `null` where the system does not tell. */
  readonly peakBytes: number | null;
  /** Versions of what did the work. */
  readonly versions: Readonly<Record<string, string>>;
}

/** What training came to. */
export interface Training {
  /** Milliseconds since 1970 at the end of the first step. */
  readonly firstStepAt: number;
  /** Of the measured time; 0 when nothing was measured. */
  readonly samplesPerSecond: number;
  /** Loss of the last batch: whoever trains learns these images. */
  readonly loss: number;
}

/** Pixels of an image, and number of classes. */
export const [pixels, classes] = [784, 10];

/** Images of 28 by 28 bytes with their classes. */
export interface Digits {
  readonly images: Uint8Array<ArrayBuffer>;
  readonly labels: Uint8Array<ArrayBuffer>;
}

/** Makes images of noise in which a bright bar tells the class, so that there is something to learn. */
export function digits(rows: number): Digits {
  const words = new Uint32Array(rows * pixels / 4);
  let state = 0x9e3779b9;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state & 0x7f7f7f7f;
  }
  const images = new Uint8Array(words.buffer);
  const labels = Uint8Array.from({ length: rows }, (_, row) => row % classes);
  const bar = 2 * 28;
  for (let row = 0; row < rows; row++) {
    const first = row * pixels + (2 + 2 * labels[row]!) * 28;
    for (let i = first; i < first + bar; i++) images[i]! += 128;
  }
  return { images, labels };
}
