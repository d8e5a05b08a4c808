/**
 * Random numbers that initial weights are drawn from, and their checks.
 *
 * @module
 */
import { type Initializer, type RandomStream, sizeOf } from "../../core/mod.ts";

/** Draws one number after the other. */
export type Draw = () => number;

/** Uniform in [low, high). */
export function uniformIn(low: number, high: number, random: RandomStream): Draw {
  return () => low + (high - low) * random.uniform();
}

/** Normal of this mean and standard deviation. */
export function normalAt(mean: number, std: number, random: RandomStream): Draw {
  return () => mean + std * random.normal();
}

/** Normal of this mean and standard deviation; numbers beyond two of it are drawn again. */
export function truncatedNormalAt(mean: number, std: number, random: RandomStream): Draw {
  return () => {
    for (;;) {
      const normal = random.normal();
      if (Math.abs(normal) <= 2) return mean + std * normal;
    }
  };
}

/** An initializer that draws every element alike. */
export function drawn(name: string, draw: (random: RandomStream) => Draw): Initializer {
  return {
    name,
    sample(shape, random) {
      const next = draw(random);
      const weights = new Float32Array(sizeOf(shape));
      // Float32Array.from would take twice as long
      for (let i = 0; i < weights.length; i++) weights[i] = next();
      return weights;
    },
  };
}

/**
 * Demands finite numbers.
 *
 * @throws {RangeError} When one is not.
 */
export function requireFinite(numbers: Readonly<Record<string, number>>): void {
  for (const [name, number] of Object.entries(numbers)) {
    if (!Number.isFinite(number)) {
      throw new RangeError(
        `Cannot initialize: received ${name} ${number}, expected a finite number`,
      );
    }
  }
}

/**
 * Demands a finite standard deviation of 0 or more.
 *
 * @throws {RangeError} When it is not.
 */
export function requireDeviation(std: number): void {
  requireFinite({ std });
  if (std < 0) {
    throw new RangeError(`Cannot initialize: received std ${std}, expected 0 or more`);
  }
}
