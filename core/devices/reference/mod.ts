/**
 * The reference device: plain TypeScript in float64, slow, the living definition of every op. The
 * other devices are checked against it.
 *
 * @module
 */
import type { Device, SessionOptions } from "../device.ts";
import { requireThreads } from "../threads.ts";
import { referenceElementBytes } from "./kernel.ts";
import { ReferenceSession } from "./session.ts";

export { compileScalar, type Place, type ScalarFunction } from "./scalar.ts";
export { ReferenceSession } from "./session.ts";

/** A device whose sessions open at once and show float64. */
export interface ReferenceDevice extends Device {
  /**
   * Opens a session; it has one thread.
   *
   * @throws {PipelineError} When more are wanted.
   */
  open(options?: SessionOptions): ReferenceSession;
}

/**
 * The reference device. It runs any plan: whatever an op is, its definition is here. It has no limits
 * to measure, since its time follows from no count of operations or bytes.
 */
export const reference: ReferenceDevice = {
  name: "reference",
  target: {
    device: "reference",
    elementBytes: () => referenceElementBytes,
    alignment: referenceElementBytes,
    limitBytes: Infinity,
    reservedBytes: 0,
    estimateNs: ({ flops }) => 10 * flops,
    sharedFromNs: Infinity,
    floatBits: 64,
    storesHalf: false,
    fuses: false,
    readsStrides: () => true,
    operandReads: () => 1,
    hasKernel: (op) => op.kind !== "symbolic",
  },
  maximumThreads: 1,
  probe: () => ({ available: true, description: "plain TypeScript in float64" }),
  open({ threads = 1 } = {}) {
    requireThreads(reference, threads);
    return new ReferenceSession();
  },
};
