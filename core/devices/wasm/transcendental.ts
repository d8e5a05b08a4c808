/**
 * Functions that processors have no instruction for, as vector code: reduction of the argument by
 * bit tricks, a polynomial, and selects in place of branches. Coefficients are those of Cephes unless
 * said otherwise. The errors below are the greatest found in some 300,000 arguments spread over the whole
 * range by their bits, in units in the last place (`tests/core/devices/wasm/transcendental_test.ts`).
 *
 * Source: Moshier, Cephes mathematical library, single precision, 1992, netlib.org/cephes.
 *
 * @module
 */
import type { Local } from "./function_body.ts";
import type { Lanes } from "./lanes.ts";

/** A float added to another rounds it to an integer, which then is in the sum's low bits. */
const roundMagic = 1.5 * 2 ** 23;
const roundMagicBits = 0x4b400000;
const roundMagic64 = 1.5 * 2 ** 52;

/** ln 2 in two parts; products of the first with an exponent are exact. */
const ln2High = 0.693359375;
const ln2Low = -2.12194440e-4;

/** √½ as a float32, and the high word and low word of it as a float64. */
const sqrtHalfBits = 0x3f3504f3;
const sqrtHalfBits64: readonly [number, number] = [0x667f3bcd, 0x3fe6a09e];

/** `e^x = 2^n · e^r` with n whole and |r| ≤ ln 2 / 2. Gives `e^r - 1` and the bits of n. */
function reducedExp(v: Lanes, x: Local): { fraction: Local; exponent: Local } {
  const shifted = v.madd(x, v.f32(Math.LOG2E), v.f32(roundMagic));
  const n = v.op("f32x4.sub", shifted, v.f32(roundMagic));
  const r = v.madd(n, v.f32(-ln2Low), v.madd(n, v.f32(-ln2High), x));
  const p = v.polynomial(r, [
    1.9875691500e-4,
    1.3981999507e-3,
    8.3334519073e-3,
    4.1665795894e-2,
    1.6666665459e-1,
    5.0000001201e-1,
  ]);
  return {
    fraction: v.madd(p, v.op("f32x4.mul", r, r), r),
    exponent: v.op("i32x4.sub", shifted, v.word(roundMagicBits)),
  };
}

/** `2^n` for whole n in -126 … 127. */
function powerOfTwo(v: Lanes, n: Local): Local {
  return v.shift("i32x4.shl", v.op("i32x4.add", n, v.word(127)), 23);
}

/** `e^x`, to 0.93 ulp; results that are denormal or overflow are right too. */
export function exp(v: Lanes, x: Local): Local {
  const clamped = v.op("f32x4.pmin", v.op("f32x4.pmax", x, v.f32(-104)), v.f32(89));
  const { fraction, exponent } = reducedExp(v, clamped);
  const mantissa = v.op("f32x4.add", fraction, v.f32(1));
  // 2^n in two factors, since n can be beyond the exponents of float32
  const half = v.shift("i32x4.shr_s", exponent, 1);
  const rest = v.op("i32x4.sub", exponent, half);
  return v.op("f32x4.mul", v.op("f32x4.mul", mantissa, powerOfTwo(v, half)), powerOfTwo(v, rest));
}

/** `e^x` for x ≤ 0, the same bits as `exp` gives in fewer instructions. */
export function expOfNonPositive(v: Lanes, x: Local): Local {
  const { fraction, exponent } = reducedExp(v, v.op("f32x4.pmax", x, v.f32(-104)));
  const mantissa = v.op("f32x4.add", fraction, v.f32(1));
  // with a constant as one factor of 2^n, the other is in the range of float32
  const raised = v.op("i32x4.add", exponent, v.word(64));
  return v.op("f32x4.mul", v.op("f32x4.mul", mantissa, powerOfTwo(v, raised)), v.f32(2 ** -64));
}

/** `e^x` for |x| ≤ 87. */
function expInRange(v: Lanes, x: Local): Local {
  const { fraction, exponent } = reducedExp(v, x);
  return v.op("f32x4.mul", v.op("f32x4.add", fraction, v.f32(1)), powerOfTwo(v, exponent));
}

/** `e^x - 1 = 2^n · (e^r - 1) + (2^n - 1)` for |x| ≤ 87. */
function expm1InRange(v: Lanes, x: Local): Local {
  const { fraction, exponent } = reducedExp(v, x);
  const power = powerOfTwo(v, exponent);
  return v.madd(power, fraction, v.op("f32x4.sub", power, v.f32(1)));
}

/** Natural logarithm, to 0.72 ulp: `x = m · 2^e` with √½ ≤ m < √2, so `log x = log m + e · ln 2`. */
export function log(v: Lanes, x: Local): Local {
  const denormal = v.op("f32x4.lt", x, v.f32(2 ** -126));
  const normal = v.select(denormal, v.op("f32x4.mul", x, v.f32(2 ** 23)), x);
  const bits = v.op("i32x4.sub", normal, v.word(sqrtHalfBits));
  const e = v.op(
    "f32x4.add",
    v.op("f32x4.convert_i32x4_s", v.shift("i32x4.shr_s", bits, 23)),
    v.op("v128.and", denormal, v.f32(-23)),
  );
  const m = v.op(
    "i32x4.add",
    v.op("v128.and", bits, v.word(0x007fffff)),
    v.word(sqrtHalfBits),
  );
  const f = v.op("f32x4.sub", m, v.f32(1));
  const square = v.op("f32x4.mul", f, f);
  const p = v.polynomial(f, [
    7.0376836292e-2,
    -1.1514610310e-1,
    1.1676998740e-1,
    -1.2420140846e-1,
    1.4249322787e-1,
    -1.6668057665e-1,
    2.0000714765e-1,
    -2.4999993993e-1,
    3.3333331174e-1,
  ]);
  const tail = v.madd(e, v.f32(ln2Low), v.op("f32x4.mul", v.op("f32x4.mul", f, square), p));
  const sum = v.op("f32x4.add", f, v.madd(square, v.f32(-0.5), tail));
  const result = v.madd(e, v.f32(ln2High), sum);
  // log 0 = -∞, log ∞ = ∞, log of a negative number or NaN = NaN
  const infinity = v.f32(Infinity);
  const special = v.select(
    v.op("f32x4.eq", x, v.f32(0)),
    v.f32(-Infinity),
    v.select(v.op("f32x4.eq", x, infinity), infinity, v.f32(NaN)),
  );
  const ordinary = v.op("v128.and", v.op("f32x4.lt", v.f32(0), x), v.op("f32x4.lt", x, infinity));
  return v.select(ordinary, result, special);
}

/** Hyperbolic tangent, to 2.4 ulp: `t / (t + 2)` with `t = e^2|x| - 1`, and the sign of x. */
export function tanh(v: Lanes, x: Local): Local {
  const magnitude = v.op("f32x4.abs", x);
  const twice = v.op("f32x4.pmin", v.op("f32x4.add", magnitude, magnitude), v.f32(40));
  const t = expm1InRange(v, twice);
  const ofMagnitude = v.op("f32x4.div", t, v.op("f32x4.add", t, v.f32(2)));
  return v.op("v128.or", ofMagnitude, v.op("v128.and", x, v.word(0x80000000)));
}

/**
 * Error function, to 0.91 ulp: a polynomial near 0, else `1 - e^p(|x|)` with the sign of x.
 *
 * Source: N. Juffa, "Efficient faithfully rounded implementation of error function erff()",
 * stackoverflow.com/q/35148198.
 */
export function erf(v: Lanes, x: Local): Local {
  const magnitude = v.op("f32x4.abs", x);
  const square = v.op("f32x4.mul", x, x);
  const p = v.polynomial(square, [
    -5.96761703e-4,
    4.99119423e-3,
    -2.67681349e-2,
    1.12819925e-1,
    -3.76125336e-1,
    1.28379166e-1,
  ]);
  const small = v.madd(p, x, x);
  const t = v.op("f32x4.pmin", magnitude, v.f32(4)); // erf 4 rounds to 1
  const q = v.polynomial(t, [
    -1.72853470e-5,
    3.83197126e-4,
    -3.88396438e-3,
    2.42546219e-2,
    -1.06777877e-1,
    -6.34846687e-1,
    -1.28717512e-1,
  ]);
  const exponent = v.op("f32x4.sub", v.op("f32x4.mul", q, t), t);
  const large = v.op("f32x4.sub", v.f32(1), expInRange(v, exponent));
  const signed = v.op("v128.or", large, v.op("v128.and", x, v.word(0x80000000)));
  return v.select(v.op("f32x4.lt", v.f32(0.927734375), magnitude), signed, small);
}

/** Sine, to 1.5 ulp for |x| < 2³¹. */
export function sin(v: Lanes, x: Local): Local {
  return circular(v, x, 0);
}

/** Cosine, to 1.6 ulp for |x| < 2³¹. */
export function cos(v: Lanes, x: Local): Local {
  return circular(v, x, 1);
}

/** π/2 in three parts; products of the first two with a whole number below 2³¹ are exact. */
const halfPi: readonly [number, number, number] = splitHalfPi();

function splitHalfPi(): [number, number, number] {
  // the digits of π/2 beyond float64
  const beyond = 6.123233995736766e-17;
  const first = Math.floor(Math.PI / 2 * 2 ** 21) / 2 ** 21;
  const second = Math.floor((Math.PI / 2 - first) * 2 ** 43) / 2 ** 43;
  return [first, second, Math.PI / 2 - first - second + beyond];
}

/**
 * `sin(x + quarter · π/2)`: x is brought to -π/4 … π/4 in float64. Beyond |x| = 2³¹ the result is
 * between -1 and 1, and no more can be said of it.
 */
function circular(v: Lanes, x: Local, quarter: number): Local {
  const reduce = (half: Local) => {
    const wide = v.op("f64x2.promote_low_f32x4", half);
    const shifted = v.op(
      "f64x2.add",
      v.op("f64x2.mul", wide, v.f64(2 / Math.PI)),
      v.f64(roundMagic64),
    );
    const k = v.op("f64x2.sub", shifted, v.f64(roundMagic64));
    const r = halfPi.reduce(
      (rest, part) => v.op("f64x2.sub", rest, v.op("f64x2.mul", k, v.f64(part))),
      wide,
    );
    return { r: v.op("f32x4.demote_f64x2_zero", r), shifted };
  };
  const low = reduce(x);
  const high = reduce(v.shuffle(x, x, 2, 3, 2, 3));
  const unclamped = v.shuffle(low.r, high.r, 0, 1, 4, 5);
  const r = v.op(
    "f32x4.pmin",
    v.op("f32x4.pmax", unclamped, v.f32(-Math.PI / 4)),
    v.f32(Math.PI / 4),
  );
  const quadrant = v.op(
    "i32x4.add",
    v.shuffle(low.shifted, high.shifted, 0, 2, 4, 6),
    v.word(quarter),
  );
  const square = v.op("f32x4.mul", r, r);
  const sineTail = v.polynomial(square, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]);
  const sine = v.madd(v.op("f32x4.mul", sineTail, square), r, r);
  const cosineTail = v.polynomial(square, [
    2.443315711809948e-5,
    -1.388731625493765e-3,
    4.166664568298827e-2,
  ]);
  const cosine = v.madd(
    v.op("f32x4.mul", cosineTail, square),
    square,
    v.madd(square, v.f32(-0.5), v.f32(1)),
  );
  const odd = v.op("i32x4.eq", v.op("v128.and", quadrant, v.word(1)), v.word(1));
  const sign = v.shift("i32x4.shl", v.op("v128.and", quadrant, v.word(2)), 30);
  return v.op("v128.xor", v.select(odd, cosine, sine), sign);
}

/** `a^b = 2^(b · log2 a)` in float64, for a ≥ 0 or whole b, rounded once to float32. */
export function pow(v: Lanes, a: Local, b: Local): Local {
  const magnitude = v.op("f32x4.abs", a);
  const low = pow64(v, magnitude, b);
  const upper = (x: Local) => v.shuffle(x, x, 2, 3, 2, 3);
  const high = pow64(v, upper(magnitude), upper(b));
  const result = v.shuffle(low, high, 0, 1, 4, 5);
  const floor = v.op("f32x4.floor", b);
  const halfB = v.op("f32x4.mul", b, v.f32(0.5));
  const odd = v.op("f32x4.ne", v.op("f32x4.floor", halfB), halfB);
  const sign = v.op("v128.and", odd, v.word(0x80000000));
  const ofNegative = v.select(
    v.op("f32x4.eq", floor, b),
    v.op("v128.xor", result, sign),
    v.f32(NaN),
  );
  const signed = v.select(v.op("f32x4.lt", a, v.f32(0)), ofNegative, result);
  return v.select(v.op("f32x4.eq", b, v.f32(0)), v.f32(1), signed);
}

/** `a^b` of the lower two lanes, for a ≥ 0. */
function pow64(v: Lanes, a: Local, b: Local): Local {
  const wide = v.op("f64x2.promote_low_f32x4", a);
  const [sqrtLow, sqrtHigh] = sqrtHalfBits64;
  const bits = v.op("i64x2.sub", wide, v.double(sqrtLow, sqrtHigh));
  const exponents = v.shift("i64x2.shr_s", bits, 52);
  const e = v.op("f64x2.convert_low_i32x4_s", v.shuffle(exponents, exponents, 0, 2, 0, 2));
  const m = v.op(
    "i64x2.add",
    v.op("v128.and", bits, v.double(0xffffffff, 0x000fffff)),
    v.double(sqrtLow, sqrtHigh),
  );
  // log m = 2·atanh s with s = (m - 1) / (m + 1), |s| < 0.172
  const s = v.op("f64x2.div", v.op("f64x2.sub", m, v.f64(1)), v.op("f64x2.add", m, v.f64(1)));
  const square = v.op("f64x2.mul", s, s);
  const series = v.polynomial64(
    square,
    [15, 13, 11, 9, 7, 5, 3, 1].map((n) => 2 * Math.LOG2E / n),
  );
  const log2 = v.op("f64x2.add", e, v.op("f64x2.mul", s, series));
  // log2 0 = -∞, log2 ∞ = ∞, log2 NaN = NaN
  const finite = v.select(v.op("f64x2.lt", wide, v.f64(2 ** 128)), log2, wide);
  const logarithm = v.select(
    v.op("f64x2.lt", v.f64(0), wide),
    finite,
    v.select(v.op("f64x2.lt", wide, v.f64(1)), v.f64(-Infinity), wide),
  );
  const product = v.op("f64x2.mul", logarithm, v.op("f64x2.promote_low_f32x4", b));
  const y = v.op("f64x2.pmin", v.op("f64x2.pmax", product, v.f64(-1000)), v.f64(1000));
  const shifted = v.op("f64x2.add", y, v.f64(roundMagic64));
  const r = v.op(
    "f64x2.mul",
    v.op("f64x2.sub", y, v.op("f64x2.sub", shifted, v.f64(roundMagic64))),
    v.f64(Math.LN2),
  );
  const factorials = [3628800, 362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1];
  const mantissa = v.polynomial64(r, factorials.map((factorial) => 1 / factorial));
  const scale = v.shift("i64x2.shl", v.op("i64x2.add", shifted, v.double(1023, 0)), 52);
  return v.op("f32x4.demote_f64x2_zero", v.op("f64x2.mul", mantissa, scale));
}
