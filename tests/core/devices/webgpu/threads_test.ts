/**
 * Threads and `webgpu`: it runs on that of its caller, which may be a Worker's.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { PipelineError, train } from "@millrace/millrace";
import { blobs } from "../../../support/pipelines.ts";
import { bitsOf } from "../../../support/runs.ts";
import { webgpuTest } from "../../../support/webgpu.ts";

webgpuTest("train() on webgpu gives the same bits in two Workers at once", async () => {
  const { model, metrics, threads } = await train(blobs(), { device: "webgpu" });
  const url = new URL("../../../fixtures/webgpu_worker.ts", import.meta.url);
  const given = await Promise.all([1, 2].map(() => {
    const worker = new Worker(url, { type: "module" });
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    });
  }));
  for (const one of given) assertEquals(one, { bits: bitsOf({ model }), metrics, threads });
});

webgpuTest("train() on webgpu refuses several threads, and says what to leave out", async () => {
  const error = await assertRejects(
    () => train(blobs(), { device: "webgpu", threads: 4 }),
    PipelineError,
    'Cannot run device "webgpu" on 4 threads: expected 1',
  );
  assertEquals(
    error.issues[0]!.hint,
    'leave out --threads: of the processor\'s, device "webgpu" uses one',
  );
});

webgpuTest("train() on a GPU that auto has chosen runs on the threads that it has", async () => {
  const info = GPUAdapterInfo.prototype;
  const own = Object.getOwnPropertyDescriptor(info, "isFallbackAdapter")!;
  Object.defineProperty(info, "isFallbackAdapter", { ...own, get: () => false });
  const messages: string[] = [];
  try {
    const { device, threads } = await train(blobs(), {
      device: "auto",
      threads: 4,
      onEvent: (event) => event.kind === "message" && messages.push(event.text),
    });
    assertEquals([device, threads], ["webgpu", 1]);
  } finally {
    Object.defineProperty(info, "isFallbackAdapter", own);
  }
  assertEquals(messages[0]!.startsWith('Using device "webgpu": '), true, messages[0]);
  assertEquals(messages[1], 'Running on 1 thread, all that device "webgpu" has');
});
