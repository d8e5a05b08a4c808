/**
 * Subgroups: invocations of a workgroup that read each other's numbers without going through memory,
 * 4 to 128 of them. A GPU may choose their number for each shader, so that only its least is known.
 *
 * @module
 */

/** Invocations of the workgroup that is looked at. */
const invocations = 256;

/**
 * How many invocations a subgroup has at least, which are neighbours in the workgroup, in their order;
 * 1 where they are not. All known GPUs have it so, but WGSL does not promise it: so it is tried out, once.
 */
export async function leastSubgroup(
  device: GPUDevice,
  { subgroupMinSize }: GPUAdapterInfo,
): Promise<number> {
  const isPower = subgroupMinSize > 1 && Number.isInteger(Math.log2(subgroupMinSize));
  return isPower && await haveNeighbours(device) ? subgroupMinSize : 1;
}

async function haveNeighbours(device: GPUDevice): Promise<boolean> {
  const bytes = 4 * invocations;
  const found = device.createBuffer({
    label: "subgroups",
    size: bytes,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
  });
  const read = device.createBuffer({
    label: "subgroups, read",
    size: bytes,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  device.pushErrorScope("validation");
  try {
    const module = device.createShaderModule({ code: probe });
    const pipeline = device.createComputePipeline({ layout: "auto", compute: { module } });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    const entries = [{ binding: 0, resource: { buffer: found } }];
    const layout = pipeline.getBindGroupLayout(0);
    pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
    pass.dispatchWorkgroups(1);
    pass.end();
    encoder.copyBufferToBuffer(found, 0, read, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await read.mapAsync(GPUMapMode.READ);
    return new Uint32Array(read.getMappedRange()).every((isNeighbour) => isNeighbour === 1);
  } catch {
    return false;
  } finally {
    await device.popErrorScope();
    found.destroy();
    read.destroy();
  }
}

const probe = `
@group(0) @binding(0) var<storage, read_write> found: array<u32>;
@compute @workgroup_size(${invocations})
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_size) size: u32,
  @builtin(subgroup_invocation_id) number: u32,
) {
  let partner = subgroupShuffleDown(lane, 1u);
  let is_last = number + 1u == size;
  found[lane] = select(0u, 1u, number == lane % size && (is_last || partner == lane + 1u));
}
`;
