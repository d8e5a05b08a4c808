/**
 * Functions that shaders call. WGSL's own are not used where it leaves accuracy or special values
 * open: the same formulas as those of the wasm device give the same results on every GPU, to a few
 * units in the last place. A shader gets those that its text calls.
 *
 * @module
 */

/** π/2 in parts: products of the first three with a whole number below 2¹⁵ are exact. */
function halfPiParts(): readonly number[] {
  const parts: number[] = [];
  let rest = Math.PI / 2;
  for (const bits of [8, 16, 24]) {
    const part = Math.floor(rest * 2 ** bits) / 2 ** bits;
    parts.push(part);
    rest -= part;
  }
  return [...parts, rest + 6.123233995736766e-17];
}

/** `((c₀·x + c₁)·x + …)`. */
function polynomial(x: string, coefficients: readonly number[]): string {
  return coefficients.slice(1).reduce(
    (sum, coefficient) => `(${sum} * ${x} + ${literal(coefficient)})`,
    literal(coefficients[0]!),
  );
}

function literal(value: number): string {
  const digits = String(value);
  return /[.e]/.test(digits) ? digits : `${digits}.0`;
}

const [halfPi0, halfPi1, halfPi2, halfPi3] = halfPiParts().map(literal);

/** The functions by name. Each may call those above it. */
const functions: readonly (readonly [name: string, text: string])[] = [
  [
    "nonfinite",
    // a variable, since an expression of constants may be neither infinite nor NaN
    `var<private> all_bits: u32 = 0xffffffffu;
fn nonfinite(bits: u32) -> f32 { return bitcast<f32>(bits & all_bits); }`,
  ],
  [
    "exactly",
    // drivers may reorder sums, but not through bits of which they do not know that they stay
    `var<private> zero_bits: u32;
fn exactly(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ zero_bits); }`,
  ],
  ["is_nan", "fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }"],
  [
    "min_or_nan",
    `fn min_or_nan(a: f32, b: f32) -> f32 {
  return select(select(b, a, a < b), a + b, is_nan(a) || is_nan(b));
}`,
  ],
  [
    "max_or_nan",
    `fn max_or_nan(a: f32, b: f32) -> f32 {
  return select(select(b, a, a > b), a + b, is_nan(a) || is_nan(b));
}`,
  ],
  [
    "divide_i32",
    `fn divide_i32(a: i32, b: i32) -> i32 {
  return select(a / select(b, 1, b == 0), 0, b == 0);
}`,
  ],
  [
    "divide_u32",
    `fn divide_u32(a: u32, b: u32) -> u32 {
  return select(a / select(b, 1u, b == 0u), 0u, b == 0u);
}`,
  ],
  [
    "i32_of_f32",
    `fn i32_of_f32(x: f32) -> i32 {
  if (is_nan(x)) { return 0; }
  if (x >= 2147483648.0) { return 2147483647; }
  if (x <= -2147483648.0) { return i32(-2147483647 - 1); }
  return i32(x);
}`,
  ],
  [
    "u32_of_f32",
    `fn u32_of_f32(x: f32) -> u32 {
  if (is_nan(x) || x <= 0.0) { return 0u; }
  if (x >= 4294967296.0) { return 4294967295u; }
  return u32(x);
}`,
  ],
  [
    "power_of_two",
    `fn power_of_two(n: i32) -> f32 { return bitcast<f32>(u32(n + 127) << 23u); }`,
  ],
  [
    // e^x = 2^n · e^r with n whole and |r| ≤ ln 2 / 2 (Cephes); 2^n in two factors, since n can be
    // beyond the exponents of float32
    "exp_f32",
    `fn exp_f32(given: f32) -> f32 {
  if (is_nan(given)) { return given; }
  let x = clamp(given, -104.0, 89.0);
  let n = round(x * 1.4426950408889634);
  let r = (x - n * 0.693359375) + n * 2.12194440e-4;
  let p = ${
      polynomial("r", [
        1.9875691500e-4,
        1.3981999507e-3,
        8.3334519073e-3,
        4.1665795894e-2,
        1.6666665459e-1,
        5.0000001201e-1,
      ])
    };
  let mantissa = (p * (r * r) + r) + 1.0;
  let half = i32(n) >> 1u;
  return mantissa * power_of_two(half) * power_of_two(i32(n) - half);
}`,
  ],
  [
    // x = m · 2^e with √½ ≤ m < √2, so log x = log m + e · ln 2 (Cephes)
    "log_f32",
    `fn log_f32(x: f32) -> f32 {
  if (is_nan(x) || x < 0.0) { return nonfinite(0x7fc00000u); }
  if (bitcast<u32>(x) == 0x7f800000u) { return x; }
  let is_small = x < 1.1754943508222875e-38;
  let bits = bitcast<u32>(select(x, x * 8388608.0, is_small)) - 0x3f3504f3u;
  if (x == 0.0) { return nonfinite(0xff800000u); }
  let e = f32(bitcast<i32>(bits) >> 23u) - select(0.0, 23.0, is_small);
  let f = bitcast<f32>((bits & 0x007fffffu) + 0x3f3504f3u) - 1.0;
  let p = ${
      polynomial("f", [
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
      ])
    };
  let square = f * f;
  let tail = e * -2.12194440e-4 + (f * square) * p;
  return (f + (square * -0.5 + tail)) + e * 0.693359375;
}`,
  ],
  [
    "with_sign_of",
    `fn with_sign_of(magnitude: f32, x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(magnitude) | (bitcast<u32>(x) & 0x80000000u));
}`,
  ],
  [
    // a polynomial near 0, else 1 - 2 / (e^2|x| + 1) with the sign of x (Cephes)
    "tanh_f32",
    `fn tanh_f32(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  let magnitude = abs(x);
  let square = x * x;
  let p = ${
      polynomial("square", [
        -5.70498872745e-3,
        2.06390887954e-2,
        -5.37397155531e-2,
        1.33314422036e-1,
        -3.33332819422e-1,
      ])
    };
  if (magnitude < 0.625) { return (p * square) * x + x; }
  return with_sign_of(1.0 - 2.0 / (exp_f32(min(2.0 * magnitude, 40.0)) + 1.0), x);
}`,
  ],
  [
    // a polynomial near 0, else 1 - e^p(|x|) with the sign of x (N. Juffa, stackoverflow.com/q/35148198)
    "erf_f32",
    `fn erf_f32(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  let magnitude = abs(x);
  let square = x * x;
  let p = ${
      polynomial("square", [
        -5.96761703e-4,
        4.99119423e-3,
        -2.67681349e-2,
        1.12819925e-1,
        -3.76125336e-1,
        1.28379166e-1,
      ])
    };
  let t = min(magnitude, 4.0);
  let q = ${
      polynomial("t", [
        -1.72853470e-5,
        3.83197126e-4,
        -3.88396438e-3,
        2.42546219e-2,
        -1.06777877e-1,
        -6.34846687e-1,
        -1.28717512e-1,
      ])
    };
  if (magnitude <= 0.927734375) { return p * x + x; }
  return with_sign_of(1.0 - exp_f32(q * t - t), x);
}`,
  ],
  [
    // sin(x + quarter · π/2): x is brought to -π/4 … π/4, exactly for |x| < 51,000
    "circular",
    `fn circular(x: f32, quarter: u32) -> f32 {
  if (is_nan(x) || abs(x) > 3.4028234e38) { return nonfinite(0x7fc00000u); }
  let k = round(x * 0.6366197723675814);
  let reduced = (((x - k * ${halfPi0}) - k * ${halfPi1}) - k * ${halfPi2}) - k * ${halfPi3};
  let r = clamp(reduced, -0.7853981633974483, 0.7853981633974483);
  let quadrant = bitcast<u32>(i32_of_f32(k)) + quarter;
  let square = r * r;
  let sine = (${
      polynomial("square", [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1])
    } * square) * r + r;
  let cosine = (${
      polynomial("square", [
        2.443315711809948e-5,
        -1.388731625493765e-3,
        4.166664568298827e-2,
      ])
    } * square) * square + (square * -0.5 + 1.0);
  let chosen = select(sine, cosine, (quadrant & 1u) == 1u);
  return select(chosen, -chosen, (quadrant & 2u) == 2u);
}`,
  ],
  ["sin_f32", "fn sin_f32(x: f32) -> f32 { return circular(x, 0u); }"],
  ["cos_f32", "fn cos_f32(x: f32) -> f32 { return circular(x, 1u); }"],
  [
    "upper_half",
    `fn upper_half(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u); }`,
  ],
  [
    // the product of two sums of two: halves of 12 bits have exact products
    "product_of_sums",
    `fn product_of_sums(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  let a_high = upper_half(a.x);
  let b_high = upper_half(b.x);
  let a_low = (a.x - a_high) + a.y;
  let b_low = (b.x - b_high) + b.y;
  return sum_of_two(a_high * b_high, a_high * b_low + a_low * b_high + a_low * b_low);
}`,
  ],
  [
    // a sum of two floats, and what its rounding lost; |a| ≥ |b|
    "sum_of_two",
    `fn sum_of_two(a: f32, b: f32) -> vec2<f32> {
  let sum = a + b;
  return vec2<f32>(sum, b - (sum - a));
}`,
  ],
  [
    // 2^(b · log2 a), where the logarithm is a sum of two floats: log m = f - f²/2 + f³·p(f)
    "power_of_positive",
    `fn power_of_positive(a: f32, b: f32) -> f32 {
  let is_small = a < 1.1754943508222875e-38;
  let bits = bitcast<u32>(select(a, a * 8388608.0, is_small)) - 0x3f3504f3u;
  let e = f32(bitcast<i32>(bits) >> 23u) - select(0.0, 23.0, is_small);
  let f = bitcast<f32>((bits & 0x007fffffu) + 0x3f3504f3u) - 1.0;
  let p = ${
      polynomial("f", [
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
      ])
    };
  let square = product_of_sums(vec2<f32>(f, 0.0), vec2<f32>(f, 0.0));
  let head = sum_of_two(f, -0.5 * square.x);
  let natural = sum_of_two(head.x, head.y + ((f * square.x) * p - 0.5 * square.y));
  let of_mantissa = product_of_sums(natural, vec2<f32>(${Math.fround(Math.LOG2E)}, ${
      Math.LOG2E - Math.fround(Math.LOG2E)
    }));
  let whole = sum_of_two(select(of_mantissa.x, e, e != 0.0), select(e, of_mantissa.x, e != 0.0));
  let logarithm = vec2<f32>(whole.x, whole.y + of_mantissa.y);
  // beyond this it is 0 or infinite, whatever the exact product
  let y = product_of_sums(logarithm, vec2<f32>(clamp(b, -1e30, 1e30), 0.0));
  if (!(abs(logarithm.x * b) < 200.0)) {
    return select(0.0, nonfinite(0x7f800000u), logarithm.x * b > 0.0);
  }
  let n = round(y.x);
  let r = ((y.x - n) + y.y) * 0.6931471805599453;
  let half = i32(n) >> 1u;
  return exp_f32(r) * power_of_two(half) * power_of_two(i32(n) - half);
}`,
  ],
  [
    // a^b for a ≥ 0 or whole b
    "pow_f32",
    `fn pow_f32(a: f32, b: f32) -> f32 {
  if (b == 0.0) { return 1.0; }
  if (is_nan(a) || is_nan(b)) { return a + b; }
  let infinity = nonfinite(0x7f800000u);
  let magnitude = abs(a);
  var result: f32;
  if (magnitude == 1.0) {
    result = 1.0;
  } else if (magnitude == 0.0) {
    result = select(0.0, infinity, b < 0.0);
  } else if (magnitude == infinity) {
    result = select(infinity, 0.0, b < 0.0);
  } else {
    result = power_of_positive(magnitude, b);
  }
  if (!(a < 0.0)) { return result; }
  if (floor(b) != b) { return nonfinite(0x7fc00000u); }
  return select(result, -result, floor(b * 0.5) != b * 0.5);
}`,
  ],
];

/** The functions that a text calls, and those that they call. */
export function calledFunctions(text: string): string {
  const wanted: string[] = [];
  let rest = text;
  for (let found = true; found;) {
    found = false;
    for (const [name, definition] of functions) {
      if (wanted.includes(definition) || !rest.includes(`${name}(`)) continue;
      wanted.push(definition);
      rest += definition;
      found = true;
    }
  }
  return wanted.join("\n");
}
