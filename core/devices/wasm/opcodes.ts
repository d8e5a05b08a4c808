/**
 * The WebAssembly instructions that the device emits, by their names in the text format.
 *
 * Source: WebAssembly core specification 3.0, section 5.4, and the relaxed SIMD proposal.
 *
 * @module
 */

/** Instructions without immediates. Numbers above 0xff are the part after the SIMD prefix 0xfd, plus 0x1000. */
export const plainOpcodes = {
  "unreachable": 0x00,
  "return": 0x0f,
  "drop": 0x1a,
  "select": 0x1b,
  "i32.eqz": 0x45,
  "i32.eq": 0x46,
  "i32.ne": 0x47,
  "i32.lt_u": 0x49,
  "i32.gt_u": 0x4b,
  "i32.add": 0x6a,
  "i32.sub": 0x6b,
  "i32.mul": 0x6c,
  "i32.div_u": 0x6e,
  "i32.rem_u": 0x70,
  "i32.and": 0x71,
  "i64.mul": 0x7e,
  "i64.div_u": 0x80,
  "i32.wrap_i64": 0xa7,
  "i64.extend_i32_u": 0xad,

  "i32x4.splat": 0x1011,

  "i32x4.eq": 0x1037,
  "i32x4.ne": 0x1038,
  "i32x4.lt_s": 0x1039,
  "i32x4.lt_u": 0x103a,
  "i32x4.le_s": 0x103d,
  "i32x4.le_u": 0x103e,
  "f32x4.eq": 0x1041,
  "f32x4.ne": 0x1042,
  "f32x4.lt": 0x1043,
  "f32x4.le": 0x1045,
  "f64x2.lt": 0x1049,

  "v128.not": 0x104d,
  "v128.and": 0x104e,
  "v128.andnot": 0x104f,
  "v128.or": 0x1050,
  "v128.xor": 0x1051,
  "v128.bitselect": 0x1052,

  "f32x4.demote_f64x2_zero": 0x105e,
  "f64x2.promote_low_f32x4": 0x105f,
  "f32x4.floor": 0x1068,
  "i16x8.extend_low_i8x16_u": 0x1089,
  "i32x4.abs": 0x10a0,
  "i32x4.neg": 0x10a1,
  "i32x4.extend_low_i16x8_u": 0x10a9,
  "i32x4.shl": 0x10ab,
  "i32x4.shr_s": 0x10ac,
  "i32x4.shr_u": 0x10ad,
  "i32x4.add": 0x10ae,
  "i32x4.sub": 0x10b1,
  "i32x4.mul": 0x10b5,
  "i32x4.min_s": 0x10b6,
  "i32x4.min_u": 0x10b7,
  "i32x4.max_s": 0x10b8,
  "i32x4.max_u": 0x10b9,
  "i64x2.shl": 0x10cb,
  "i64x2.shr_s": 0x10cc,
  "i64x2.add": 0x10ce,
  "i64x2.sub": 0x10d1,

  "f32x4.abs": 0x10e0,
  "f32x4.neg": 0x10e1,
  "f32x4.sqrt": 0x10e3,
  "f32x4.add": 0x10e4,
  "f32x4.sub": 0x10e5,
  "f32x4.mul": 0x10e6,
  "f32x4.div": 0x10e7,
  "f32x4.min": 0x10e8,
  "f32x4.max": 0x10e9,
  "f32x4.pmin": 0x10ea,
  "f32x4.pmax": 0x10eb,

  "f64x2.add": 0x10f0,
  "f64x2.sub": 0x10f1,
  "f64x2.mul": 0x10f2,
  "f64x2.div": 0x10f3,
  "f64x2.pmin": 0x10f6,
  "f64x2.pmax": 0x10f7,

  "i32x4.trunc_sat_f32x4_s": 0x10f8,
  "i32x4.trunc_sat_f32x4_u": 0x10f9,
  "f32x4.convert_i32x4_s": 0x10fa,
  "f32x4.convert_i32x4_u": 0x10fb,
  "i32x4.trunc_sat_f64x2_s_zero": 0x10fc,
  "i32x4.trunc_sat_f64x2_u_zero": 0x10fd,
  "f64x2.convert_low_i32x4_s": 0x10fe,
  "f64x2.convert_low_i32x4_u": 0x10ff,

  "f32x4.relaxed_madd": 0x1105,
} as const;

/** Loads and stores. */
export const memoryOpcodes = {
  "i32.load": 0x28,
  "i32.load8_u": 0x2d,
  "i32.store": 0x36,
  "i32.store8": 0x3a,
  "f64.store": 0x39,
  "v128.load": 0x1000,
  "v128.load32_splat": 0x1009,
  "v128.store": 0x100b,
  "v128.load32_zero": 0x105c,
} as const;

/** Instructions on ranges of memory: the part after the prefix 0xfc, with the number of memories that follow. */
export const bulkOpcodes = {
  "memory.copy": { code: 0x0a, memories: 2 },
  "memory.fill": { code: 0x0b, memories: 1 },
} as const;

/** Atomic instructions on aligned 32-bit words: the part after the prefix 0xfe. */
export const atomicOpcodes = {
  "memory.atomic.notify": 0x00,
  "memory.atomic.wait32": 0x01,
  "i32.atomic.load": 0x10,
  "i32.atomic.store": 0x17,
  "i32.atomic.rmw.add": 0x1e,
} as const;

/** Loads into, and stores from, one lane. */
export const memoryLaneOpcodes = {
  "v128.load8_lane": 0x1054,
  "v128.load32_lane": 0x1056,
  "v128.store32_lane": 0x105a,
  "v128.store64_lane": 0x105b,
  "v128.store8_lane": 0x1058,
} as const;
