/**
 * What the machine can do: multiply-adds in WebAssembly that touch no memory. One such loop is what
 * baselines are ratios to; the fastest is the peak that kernels are compared with.
 *
 * @module
 */
import { ModuleAssembler } from "../../core/devices/wasm/assembler.ts";
import { fastestNs } from "./measure.ts";

/** A loop of multiply-adds. */
export interface MultiplyAdds {
  /** Floating-point operations of a run. */
  readonly flops: number;
  /** Runs it once, in some ten microseconds. */
  run(): void;
}

/**
 * Assembles a loop of `f32x4.relaxed_madd` over so many accumulators.
 *
 * @param accumulators Sums in registers; too few wait for each other, too many are spilled.
 * @param joined Whether neighbours lie side by side in memory before and after the loop: then V8 makes
 * 256-bit vectors of them where `--experimental-wasm-revectorize` is set.
 */
export function multiplyAdds(
  accumulators: number,
  { joined }: { readonly joined: boolean },
): MultiplyAdds {
  const iterations = 20_000;
  const module = new ModuleAssembler();
  const distance = joined ? 16 : 32;
  const [factorAt, sumsAt] = [0, 64];
  const loop = module.function(1, (f) => {
    const factors = [0, 16].map((offset) => {
      const factor = f.local("v128");
      f.i32(factorAt).memory("v128.load", offset).set(factor);
      return factor;
    });
    const sums = Array.from({ length: accumulators }, (_, i) => {
      const sum = f.local("v128");
      f.i32(sumsAt).memory("v128.load", i * distance).set(sum);
      return sum;
    });
    f.repeat({ local: 0 }, () =>
      sums.forEach((sum, i) => {
        const factor = factors[joined ? i % 2 : 0]!;
        f.get(factor).get(factor).get(sum).op("f32x4.relaxed_madd").set(sum);
      }));
    sums.forEach((sum, i) => f.i32(sumsAt).get(sum).memory("v128.store", i * distance));
  });
  module.export("loop", loop);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode(1, 1)), {
    env: { memory },
  });
  const run = exports.loop as (iterations: number) => void;
  return { flops: iterations * accumulators * 8, run: () => run(iterations) };
}

/** The loop that baselines are ratios to. V8's flags make no difference to it. */
export function calibrationLoop(): MultiplyAdds {
  return multiplyAdds(10, { joined: false });
}

/** The most GFLOP/s that a thread of this process reaches: the best of some loops. */
export function measurePeak(): number {
  const loops = [
    ...[8, 10, 16].map((accumulators) => multiplyAdds(accumulators, { joined: false })),
    ...[16, 24].map((accumulators) => multiplyAdds(accumulators, { joined: true })),
  ];
  return Math.max(...loops.map((loop) => loop.flops / fastestNs(loop, { warmUpMs: 50, ms: 50 })));
}
