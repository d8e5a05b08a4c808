/**
 * The GPU: which adapter is taken, with which limits, and what is said when there is none or it is lost.
 *
 * @module
 */
import { type PipelineError, pipelineError } from "../../errors.ts";
import { leastSubgroup } from "./subgroups.ts";
import type { Availability } from "../device.ts";

/** A device of WebGPU, and what was heard of it since it was opened. */
export interface OpenedGpu {
  readonly device: GPUDevice;
  /** Name of the adapter, for people. */
  readonly name: string;
  /** Most storage buffers of a shader. */
  readonly mostBindings: number;
  /** Bytes of memory that a workgroup has. */
  readonly workgroupBytes: number;
  /** Whether shaders may store floats in 16 bits. */
  readonly storesHalf: boolean;
  /** So many neighbours at least, a power of 2, may read each other's numbers; 1 where none may. */
  readonly subgroupSize: number;
  /** Why it cannot be used any more, once that is so. */
  readonly failure: () => PipelineError | undefined;
}

/** Storage buffers that any WebGPU device allows; with more, a shader has fewer ranges to join. */
const wantedBindings = 16;

/** Bytes of a workgroup's memory, twice what any device allows: room for two slices of a product. */
const wantedWorkgroupBytes = 32768;

/** What helps when a GPU fails while it works. */
const afterFailure = {
  hint: "go on from the last checkpoint with resume, or on the processor with --device wasm",
};

/** Whether there is an adapter, and what it is. */
export async function probeGpu(): Promise<Availability> {
  const found = await findAdapter();
  if ("reason" in found) {
    return { available: false, reason: found.reason };
  }
  const { info } = found.adapter;
  const isSoftware = info.isFallbackAdapter;
  return {
    available: true,
    description: `${nameOf(info)}${isSoftware ? ", which is software" : ""}`,
    ...(isSoftware ? { isSoftware } : {}),
  };
}

/**
 * Opens the adapter that is likely to be fastest.
 *
 * @throws {PipelineError} When there is none, or it refuses.
 */
export async function openGpu(): Promise<OpenedGpu> {
  const found = await findAdapter();
  if ("reason" in found) throw deviceError(found.reason);
  const { adapter } = found;
  const { limits } = adapter;
  const mostBindings = Math.min(wantedBindings, limits.maxStorageBuffersPerShaderStage);
  const workgroupBytes = Math.min(wantedWorkgroupBytes, limits.maxComputeWorkgroupStorageSize);
  let device: GPUDevice;
  try {
    const listed = (["timestamp-query", "shader-f16"] as const).filter((feature) =>
      adapter.features.has(feature)
    );
    const open = (requiredFeatures: GPUFeatureName[]) =>
      adapter.requestDevice({
        requiredFeatures,
        requiredLimits: {
          maxBufferSize: limits.maxBufferSize,
          maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
          maxStorageBuffersPerShaderStage: mostBindings,
          maxComputeWorkgroupStorageSize: workgroupBytes,
        },
      });
    // no adapter of Deno's lists subgroups, yet many have them
    device = await open([...listed, "subgroups"]).catch(() => open([...listed]));
  } catch (cause) {
    throw deviceError(`${nameOf(adapter.info)} refuses to be opened`, { cause });
  }
  let failure: PipelineError | undefined;
  device.lost.then(({ message, reason }) => {
    const why = reason === "destroyed" ? "it was given up" : message;
    failure ??= deviceError(`the GPU was lost${why === "" ? "" : `: ${why}`}`, afterFailure);
  });
  device.addEventListener("uncapturederror", (event) => {
    failure ??= reportedError((event as GPUUncapturedErrorEvent).error);
  });
  return {
    device,
    name: nameOf(adapter.info),
    mostBindings,
    workgroupBytes,
    storesHalf: device.features.has("shader-f16"),
    subgroupSize: device.features.has("subgroups") ? await leastSubgroup(device, adapter.info) : 1,
    failure: () => failure,
  };
}

/** An error of the device, with what helps. */
export function deviceError(
  what: string,
  { hint = "choose another with --device, or run doctor", cause }: {
    readonly hint?: string;
    readonly cause?: unknown;
  } = {},
): PipelineError {
  return pipelineError(
    { code: "device", path: "", message: `Cannot use device "webgpu": ${what}`, hint },
    ...(cause === undefined ? [] : [{ cause }]),
  );
}

/** What an error is about, where it is known. */
export interface RefusedCommand {
  /** What it does, as `"matmul + relu"`. */
  readonly name: string;
  /** Paths of the stages whose work it does. */
  readonly paths: readonly string[];
}

/** The error of what the GPU reports, with command and stages where they are known. */
export function reportedError(error: GPUError, command?: RefusedCommand): PipelineError {
  const path = command?.paths.join(", ") ?? "";
  const text = error.message.trim();
  if (error instanceof GPUOutOfMemoryError) return memoryError({ path, text, cause: error });
  if (command === undefined) {
    return deviceError(`the GPU reports an error: ${text}`, { ...afterFailure, cause: error });
  }
  const message = `Cannot run "${command.name}" on device "webgpu": ${text}`;
  const hint = `${afterFailure.hint}; please report it, with the GPU and driver that doctor tells`;
  return pipelineError({ code: "device", path, message, hint }, { cause: error });
}

/** The error that the GPU has no memory for something. */
export function memoryError(
  { path = "", text, received, expected, cause }: {
    readonly path?: string;
    /** What the GPU says. */
    readonly text?: string | undefined;
    readonly received?: string;
    readonly expected?: string | undefined;
    readonly cause?: GPUError | undefined;
  },
): PipelineError {
  return pipelineError(
    {
      code: "memory",
      path,
      message: `Cannot allocate memory of device "webgpu"${text === undefined ? "" : `: ${text}`}`,
      ...(received === undefined ? {} : { received }),
      ...(expected === undefined ? {} : { expected }),
      hint: "lower batchSize or evaluateBatchSize, or make the model smaller",
    },
    ...(cause === undefined ? [] : [{ cause }]),
  );
}

async function findAdapter(): Promise<
  { readonly adapter: GPUAdapter } | { readonly reason: string }
> {
  const gpu = (navigator as { readonly gpu?: GPU }).gpu;
  if (gpu === undefined) return { reason: "this runtime has no WebGPU" };
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
    return adapter === null
      ? { reason: "no adapter was found; a driver for Vulkan, Metal or Direct3D 12 is needed" }
      : { adapter };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

function nameOf({ description, vendor, device }: GPUAdapterInfo): string {
  return description !== "" ? description : `vendor ${vendor}, device ${device}`;
}
