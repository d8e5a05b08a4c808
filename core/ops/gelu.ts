/**
 * Gaussian error linear unit.
 *
 * @module
 */
import type { Value } from "../graph/mod.ts";
import { add } from "./add.ts";
import { erf } from "./erf.ts";
import { mul } from "./mul.ts";
import { square } from "./square.ts";
import { tanh } from "./tanh.ts";

/**
 * `x·Φ(x)`, elementwise, with the normal distribution function `Φ(x) = (1 + erf(x/√2))/2`; or with its
 * approximation `(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2`, which differs by less than 0.0005.
 *
 * `Gradient:` `Φ(x) + x·φ(x)`, with the normal density φ.
 */
export function gelu(
  x: Value,
  { approximate = false }: { readonly approximate?: boolean } = {},
): Value {
  const half = mul(x, 0.5);
  if (!approximate) return mul(half, add(erf(mul(x, Math.SQRT1_2)), 1));
  // √(2/π)·(x + 0.044715·x³) = x·(√(2/π) + √(2/π)·0.044715·x²)
  const root = Math.sqrt(2 / Math.PI);
  return mul(half, add(tanh(mul(x, add(mul(square(x), 0.044715 * root), root))), 1));
}
