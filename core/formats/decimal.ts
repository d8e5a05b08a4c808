/**
 * Decimal numbers in text.
 *
 * @module
 */

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Powers of ten that a double holds exactly. */
const powers = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/**
 * Parses a decimal number, as `-1.5e3`; NaN for any other text. Digits are added up while a double
 * holds them exactly, and one division then rounds once, which is right by IEEE 754; what is longer
 * goes the slower way.
 *
 * Source: Clinger, "How to read floating point numbers accurately", PLDI 1990.
 */
export function parseDecimal(text: string): number {
  const length = text.length;
  let at = 0;
  const first = text.charCodeAt(0);
  if (first === minus || first === plus) at = 1;
  let mantissa = 0;
  let digits = 0;
  let pointAt = -1;
  for (; at < length; at++) {
    const digit = text.charCodeAt(at) - zero;
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digits++;
    } else if (digit === point && pointAt < 0) pointAt = digits;
    else return slowDecimal(text);
  }
  if (digits > mostDigits) return slowDecimal(text);
  return decimalOf({ mantissa, digits, pointAt, isNegative: first === minus });
}

/** So many digits a double holds exactly, whatever they are. */
const mostDigits = 15;

/** The number of digits that were read one by one; NaN where there are none, or too many to be exact. */
export function decimalOf(
  { mantissa, digits, pointAt, isNegative }: {
    /** The digits as a whole number. */
    readonly mantissa: number;
    readonly digits: number;
    /** How many of them stand before the point; -1 where there is none. */
    readonly pointAt: number;
    readonly isNegative: boolean;
  },
): number {
  if (digits === 0 || digits > mostDigits) return NaN;
  const decimals = pointAt < 0 ? 0 : digits - pointAt;
  const magnitude = decimals === 0 ? mantissa : mantissa / powers[decimals]!;
  return isNegative ? -magnitude : magnitude;
}

const zero = 48;
const minus = 45;
const plus = 43;
/** The point, counted from zero. */
const point = 46 - zero;

function slowDecimal(text: string): number {
  return decimal.test(text) ? Number(text) : NaN;
}

/** A decimal of so many digits behind the point, as the nearest number. */
export function scaledNumber(whole: bigint, scale: number): number {
  const mantissa = Number(whole);
  return Number.isSafeInteger(mantissa) && scale >= 0 && scale < powers.length
    ? mantissa / powers[scale]!
    : Number(`${whole}e${-scale}`);
}
