/**
 * What training on `webgpu` says, and keeps, when the GPU fails while it works.
 *
 * @module
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  arrays,
  backward,
  dense,
  meanSquaredError,
  type Pipeline,
  pipeline,
  PipelineError,
  sequential,
  sgd,
  train,
} from "@millrace/millrace";
import { main } from "../../../../core/cli/main.ts";
import { blobs } from "../../../support/pipelines.ts";
import { bitsOf, inFolder } from "../../../support/runs.ts";
import { webgpuTest } from "../../../support/webgpu.ts";
import { keptIo } from "../../cli/support.ts";

/** Epochs of a run, of 4 steps each. */
const epochs = 6;
const toGoOn = "go on from the last checkpoint with resume";

type Method = (this: never, ...args: never[]) => unknown;

/** Runs something while a method of WebGPU is another one, made of its own. */
async function withMethod<T>(
  owner: { readonly prototype: object },
  { name, make, run }: {
    readonly name: string;
    // deno-lint-ignore no-explicit-any
    readonly make: (own: (...args: any[]) => any) => (this: any, ...args: any[]) => any;
    readonly run: () => Promise<T>;
  },
): Promise<T> {
  const methods = owner.prototype as Record<string, Method>;
  const own = methods[name]!;
  methods[name] = make(own as never) as Method;
  try {
    return await run();
  } finally {
    methods[name] = own;
  }
}

/** The GPU that sessions share, once one was opened. */
let device: GPUDevice;
{
  const methods = GPUAdapter.prototype;
  const own = methods.requestDevice;
  methods.requestDevice = async function (...args) {
    return device = await own.apply(this, args);
  };
}

/** Runs something in which the GPU is lost with its submission of this number. */
async function losingGpu<T>(submission: number, run: () => Promise<T>): Promise<T> {
  let submitted = 0;
  return await withMethod(GPUQueue, {
    name: "submit",
    make: (own) =>
      function (this: GPUQueue, ...args) {
        if (++submitted === submission) device.destroy();
        return own.apply(this, args);
      },
    run,
  });
}

/** Runs something in which a kernel's dispatches become too large from its run of this number on. */
async function breakingKernel<T>(
  { kernel, from }: { readonly kernel: string; readonly from: number },
  run: () => Promise<T>,
): Promise<T> {
  let label = "";
  let runs = 0;
  return await withMethod(GPUComputePassEncoder, {
    name: "setPipeline",
    make: (own) =>
      function (this: GPUComputePassEncoder, pipeline: GPUComputePipeline) {
        label = pipeline.label;
        return own.call(this, pipeline);
      },
    run: () =>
      withMethod(GPUComputePassEncoder, {
        name: "dispatchWorkgroups",
        make: (own) =>
          function (this: GPUComputePassEncoder, ...groups) {
            if (label === kernel && ++runs >= from) groups = [2 ** 20];
            return own.apply(this, groups);
          },
        run,
      }),
  });
}

/** The error that training ends with; what it kept before is then gone on with, to the same bits. */
async function failureOf(
  fail: (run: (onStep?: (step: number) => void) => Promise<unknown>) => Promise<unknown>,
) {
  let error: PipelineError | undefined;
  await inFolder(async (folder) => {
    const [wholeRun, runDirectory] = [`${folder}/whole`, `${folder}/run`];
    const options = { device: "webgpu", logEvery: 1, set: { epochs } } as const;
    const whole = await train(blobs(), { ...options, runDirectory: wholeRun });
    const broken = (onStep?: (step: number) => void) =>
      train(blobs(), {
        ...options,
        runDirectory,
        onEvent: (event) => event.kind === "step" && onStep?.(event.step),
      });
    error = await assertRejects(() => fail(broken), PipelineError);
    const resumed = await train(blobs(), { ...options, runDirectory, resume: true });
    assertEquals(resumed.steps, whole.steps);
    assertEquals(bitsOf(resumed), bitsOf(whole));
    assertEquals(resumed.metrics, whole.metrics);
  });
  const { issues: [issue], message, cause } = error!;
  assert(cause instanceof Error || cause instanceof GPUError, "no cause");
  return { ...issue!, text: message };
}

webgpuTest("train() on webgpu says that the GPU was lost, and what it ran", async () => {
  const { code, path, message, hint } = await failureOf((run) =>
    run((step) => step === 10 && device.destroy())
  );
  assertEquals([code, path], ["device", ""]);
  assertEquals(
    message,
    'Cannot use device "webgpu": the GPU was lost: it was given up, while it ran "blobs train"',
  );
  assertStringIncludes(hint!, toGoOn);
});

webgpuTest("train() on webgpu names kernel and stage of a run that the GPU refuses", async () => {
  const { code, path, message, hint } = await failureOf((run) =>
    breakingKernel({ kernel: "matmul + add", from: 20 }, run)
  );
  assertEquals([code, path], ["device", "logits.dense2"]);
  assertStringIncludes(message, 'Cannot run "matmul + add" on device "webgpu": ');
  assertStringIncludes(message, "1048576");
  assertStringIncludes(hint!, toGoOn);
  assertStringIncludes(hint!, "please report it");
});

webgpuTest("train() on webgpu says that there is no memory for what comes later", async () => {
  let queues = 0;
  let isRefused = false;
  const { code, path, message, hint } = await failureOf((run) =>
    withMethod(GPUDevice, {
      name: "createBuffer",
      make: (own) =>
        function (this: GPUDevice, options: GPUBufferDescriptor) {
          // of the batches of training, of the last one of an epoch, of those of the test split
          if (options.label === "inputs" && ++queues === 3) isRefused = true;
          return own.call(this, options);
        },
      run: () =>
        withMethod(GPUDevice, {
          name: "popErrorScope",
          make: (own) =>
            async function (this: GPUDevice) {
              const error = await own.call(this);
              return isRefused ? new GPUOutOfMemoryError("Not enough memory left") : error;
            },
          run,
        }),
    })
  );
  assertEquals([code, path], ["memory", ""]);
  assertEquals(message, 'Cannot allocate memory of device "webgpu": Not enough memory left');
  assertStringIncludes(hint!, "lower batchSize or evaluateBatchSize");
});

webgpuTest("train() on webgpu takes no step from rows that did not reach the GPU", async () => {
  const steps: number[] = [];
  await assertRejects(
    () =>
      withMethod(GPUQueue, {
        name: "writeBuffer",
        make: (own) =>
          function (this: GPUQueue, buffer: GPUBuffer, byteOffset: number, bytes: Uint8Array) {
            const beyond = buffer.label === "kept rows" ? buffer.size : 0;
            return own.call(this, buffer, byteOffset + beyond, bytes);
          },
        run: () =>
          train(blobs(), {
            device: "webgpu",
            logEvery: 1,
            onEvent: (event) => event.kind === "step" && steps.push(event.step),
          }),
      }),
    PipelineError,
    'Cannot use device "webgpu": the GPU reports an error: ',
  );
  assertEquals(steps, []);
});

/** A pipeline of two layers of `units` x `units`. */
function large(units: number): Pipeline {
  const data = arrays({ x: [[1, 2], [3, 4]], y: [[1], [2]] });
  const line = sequential(dense(units), dense(units), dense(units), dense(1))(data.x);
  const loss = meanSquaredError()({ predictions: line, targets: data.y });
  const optimizer = sgd({ learningRate: 0.1 })(backward()(loss));
  return pipeline({ name: "large", batchSize: 2, stages: { data, line, loss, optimizer } });
}

/** The issue of training on a GPU that has the least limits which WebGPU allows, but one. */
async function issueWithin(
  trained: Pipeline,
  { but }: { readonly but?: keyof GPUSupportedLimits } = {},
) {
  // what sessions share until now is given up
  await losingGpu(1, () => train(blobs(), { device: "webgpu" })).catch(() => {});
  const error = await assertRejects(
    () =>
      withMethod(GPUAdapter, {
        name: "requestDevice",
        make: (own) =>
          function (this: GPUAdapter, { requiredFeatures }: GPUDeviceDescriptor) {
            const requiredLimits = but === undefined ? {} : { [but]: this.limits[but] };
            return own.call(this, { requiredFeatures, requiredLimits });
          },
        run: () => train(trained, { device: "webgpu" }),
      }),
    PipelineError,
  );
  device.destroy();
  return error.issues[0]!;
}

webgpuTest("train() on webgpu names kernel and stage that bind too much memory", async () => {
  const { path, message, received, expected } = await issueWithin(large(6000), {
    but: "maxBufferSize",
  });
  assertStringIncludes(path, "line.dense2");
  assert(/^Cannot run "[^"]+" on device "webgpu": the GPU cannot bind/.test(message), message);
  assertEquals([received, expected], ["144 MB", "at most 134 MB"]);
});

webgpuTest(
  "train() on webgpu says how much memory a plan needs, and how much there is",
  async () => {
    const { code, message, expected } = await issueWithin(large(5500));
    assertEquals([code, message], ["memory", 'Cannot allocate memory of device "webgpu"']);
    assertEquals(expected, "at most 268 MB");
  },
);

webgpuTest("train() on webgpu names kernel and stage of a shader that is refused", async () => {
  const error = await assertRejects(
    () =>
      withMethod(GPUDevice, {
        name: "createShaderModule",
        make: (own) =>
          function (this: GPUDevice, { label, code }: GPUShaderModuleDescriptor) {
            const isBroken = label === "matmul + add";
            return own.call(this, { label, code: isBroken ? `${code}\nnonsense` : code });
          },
        run: () => train(blobs(), { device: "webgpu" }),
      }),
    PipelineError,
    'Cannot compile the shader of "matmul + add" for device "webgpu"',
  );
  assertEquals(error.issues[0]!.path, "logits.dense2");
  assert(error.cause instanceof GPUError);
});

webgpuTest("main() tells how to go on when the GPU was lost, and gives 1", async () => {
  await inFolder(async (folder) => {
    const points = "tests/core/cli/pipelines/points.ts";
    const settings = ["--device", "webgpu", "--epochs", "40"];
    const verb = async (...args: readonly string[]) => {
      const io = keptIo();
      return { status: await main(args, io), stderr: io.stderr.text };
    };
    const whole = await verb("train", points, "--run", `${folder}/whole`, ...settings);
    assertEquals(whole.status, 0, whole.stderr);
    const run = `${folder}/lost`;
    const lost = await losingGpu(60, () => verb("train", points, "--run", run, ...settings));
    assertEquals(lost.status, 1);
    assertStringIncludes(lost.stderr, 'error: Cannot use device "webgpu": the GPU was lost');
    assertStringIncludes(lost.stderr, `go on with: deno task resume ${run}`);
    const resumed = await verb("resume", run);
    assertEquals(resumed.status, 0, resumed.stderr);
    const models = [run, `${folder}/whole`].map((path) =>
      Deno.readFile(`${path}/model.safetensors`)
    );
    assertEquals(await models[0], await models[1]);
  });
});
