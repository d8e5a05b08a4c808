/**
 * The devices that conformance is tested on, and how near to the definition each dtype must come.
 *
 * @module
 */
import type { DType } from "../../core/tensor/mod.ts";
import { type Device, reference, wasmDevice, webgpuDevice } from "../../core/devices/mod.ts";
import { nonFinite, type OpSample } from "./op_samples/sample.ts";
import type { Target } from "../../core/plan/mod.ts";

/** A device under test. */
export interface TestedDevice {
  /** Name for people, with the variant. */
  readonly name: string;
  readonly device: Device;
  /** Greatest error, relative to the larger of 1 and the exact result. */
  readonly tolerances: Readonly<Record<DType, number>>;
  /** Why a sample is not compared; `undefined` for one that is. */
  skip?(sample: OpSample): string | undefined;
}

const float64 = { f32: 1e-12, i32: 0, u32: 0, u8: 0 };
const float32 = { f32: 1e-6, i32: 0, u32: 0, u8: 0 };
const exact = { f32: 0, i32: 0, u32: 0, u8: 0 };

/**
 * Every device, in every variant. Variants of the reference device show what fusion and decomposition
 * change: nothing, and roundings.
 */
const everyDevice: readonly TestedDevice[] = [
  { name: "reference", device: reference, tolerances: exact },
  { name: "reference, fused", device: referenceWith({ fuses: true }), tolerances: exact },
  {
    name: "reference, fused, operands as formulas",
    // bytes count: what a product reads is computed by it, rather than written and read
    device: referenceWith({ fuses: true, estimateNs: ({ flops, bytes }) => flops + bytes }),
    tolerances: exact,
  },
  {
    name: "reference, fused and decomposed",
    device: referenceWith({ fuses: true, hasKernel: (op) => op.kind === "contraction" }),
    tolerances: float64,
  },
  { name: "wasm, fast", device: wasmDevice({ arithmetic: "fast" }), tolerances: float32 },
  { name: "wasm, 256 bits", device: wasmDevice({ vectorBits: 256 }), tolerances: float32 },
  { name: "wasm, strict", device: wasmDevice({ arithmetic: "strict" }), tolerances: float32 },
  // sums in another order, quotients and roots to a few units in the last place, as WGSL allows
  {
    name: "webgpu",
    device: webgpuDevice(),
    tolerances: { ...float32, f32: 2e-6 },
    skip: ({ op, inputs }) =>
      op.name.startsWith("conv2d") && inputs.some(({ draw }) => draw === nonFinite)
        ? "padding takes part in the products as 0, and 0 times infinity is NaN"
        : undefined,
  },
];

const probed = await Promise.all(
  everyDevice.map(async (tested) => ({ tested, availability: await tested.device.probe() })),
);

/** Those that can be used here. */
export const testedDevices: readonly TestedDevice[] = probed
  .filter(({ availability }) => availability.available)
  .map(({ tested }) => tested);

/** Those that cannot, with the reason: conformance prints it. */
export const absentDevices: readonly { readonly name: string; readonly reason: string }[] = probed
  .flatMap(({ tested: { name }, availability }) =>
    availability.available ? [] : [{ name, reason: availability.reason }]
  );

function referenceWith(traits: Partial<Target>): Device {
  return { ...reference, target: { ...reference.target, ...traits } };
}
