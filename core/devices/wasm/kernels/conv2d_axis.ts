/**
 * One axis of images under a sliding kernel, where the padding makes no products: which taps of the
 * kernel meet a place of the output.
 *
 * @module
 */

/** Where `source · divisor = output · stride - lead + tap · dilation`, a tap meets the source. */
export interface SlidingAxis {
  /** Number of places of the source. */
  readonly sources: number;
  readonly outputs: number;
  readonly taps: number;
  readonly stride: number;
  readonly lead: number;
  readonly dilation: number;
  /** The step of a convolution whose gradient it is; every so many outputs meet the same taps. */
  readonly divisor: number;
}

/** Outputs `first`, `first + divisor`, … that meet the same taps, each `stride` sources further on. */
export interface Segment {
  readonly first: number;
  readonly count: number;
  /** The first tap, and how many there are. */
  readonly tap: number;
  readonly taps: number;
  /** The source that the first tap meets for the first output. */
  readonly source: number;
}

/** Steps from one tap that meets an output to the next: in the kernel, and in the source. */
export function tapSteps(
  { dilation, divisor }: SlidingAxis,
): { readonly tap: number; readonly source: number } {
  const common = greatestCommonDivisor(dilation, divisor);
  return { tap: divisor / common, source: dilation / common };
}

/** Cuts the outputs into segments. */
export function segmentsOf(axis: SlidingAxis): Segment[] {
  const segments: Segment[] = [];
  for (let offset = 0; offset < Math.min(axis.divisor, axis.outputs); offset++) {
    const own: Segment[] = [];
    for (let output = offset; output < axis.outputs; output += axis.divisor) {
      const met = tapsOf(axis, output);
      const last = own.at(-1);
      if (last?.tap === met.tap && last.taps === met.taps) {
        own[own.length - 1] = { ...last, count: last.count + 1 };
      } else {
        own.push({ first: output, count: 1, ...met });
      }
    }
    segments.push(...own);
  }
  return segments;
}

/** Whether every output meets every tap. */
export function isWhole(axis: SlidingAxis, segments: readonly Segment[]): boolean {
  return segments.length === 1 && segments[0]!.taps === axis.taps;
}

function tapsOf(
  axis: SlidingAxis,
  output: number,
): { tap: number; taps: number; source: number } {
  const { sources, taps, stride, lead, dilation, divisor } = axis;
  const steps = tapSteps(axis);
  for (let tap = 0; tap < taps; tap++) {
    const place = output * stride - lead + tap * dilation;
    const source = place / divisor;
    if (place % divisor !== 0 || source < 0) continue;
    if (source >= sources) break;
    const inKernel = Math.ceil((taps - tap) / steps.tap);
    const inSource = Math.ceil((sources - source) / steps.source);
    return { tap, taps: Math.min(inKernel, inSource), source };
  }
  return { tap: 0, taps: 0, source: 0 };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
