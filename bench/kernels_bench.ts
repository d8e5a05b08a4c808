/**
 * How fast is each kernel of a dense network, on each device, and against a plain TypeScript loop?
 * The sizes are those of `pipelines/mnist.ts` at batch 32.
 *
 * @module
 */
import { ops } from "@millrace/millrace";
import { compared, normals, prepare } from "./support.ts";

const [batch, inner, units, classes] = [32, 784, 128, 10];
const f32 = (...shape: number[]) => ({ shape, dtype: "f32" as const });

const x = normals("x", batch * inner);
const weight = normals("weight", inner * units);
const product = new Float32Array(batch * units);

Deno.bench("loop", { group: `matmul ${batch}x${inner}x${units}`, baseline: true }, () => {
  for (let i = 0; i < batch; i++) {
    const row = product.subarray(i * units, (i + 1) * units).fill(0);
    for (let k = 0; k < inner; k++) {
      const scale = x[i * inner + k]!;
      for (let j = 0; j < units; j++) row[j]! += scale * weight[k * units + j]!;
    }
  }
});

const bias = normals("bias", units);

Deno.bench("loop", { group: "dense with bias and relu", baseline: true }, () => {
  for (let i = 0; i < batch; i++) {
    const row = product.subarray(i * units, (i + 1) * units);
    row.set(bias);
    for (let k = 0; k < inner; k++) {
      const scale = x[i * inner + k]!;
      for (let j = 0; j < units; j++) row[j]! += scale * weight[k * units + j]!;
    }
    for (let j = 0; j < units; j++) row[j] = Math.max(row[j]!, 0);
  }
});

const logits = normals("logits", batch * classes);
const labels = Uint8Array.from({ length: batch }, (_, i) => i % classes);
const gradient = new Float32Array(batch * classes);

Deno.bench("loop", { group: "softmax cross-entropy and gradient", baseline: true }, () => {
  for (let i = 0; i < batch; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const largest = row.reduce((a, b) => Math.max(a, b));
    const sum = row.reduce((total, value) => total + Math.exp(value - largest), 0);
    for (let j = 0; j < classes; j++) {
      const probability = Math.exp(row[j]! - largest) / sum;
      gradient[i * classes + j] = (probability - (labels[i] === j ? 1 : 0)) / batch;
    }
  }
});

const size = inner * units + units + units * classes + classes;
const [param, grad, m, v] = ["param", "grad", "m", "v"].map((name) =>
  normals(name, size).map(Math.abs)
);

Deno.bench("loop", { group: "adam update", baseline: true }, () => {
  for (let i = 0; i < size; i++) {
    m![i] = 0.9 * m![i]! + 0.1 * grad![i]!;
    v![i] = 0.999 * v![i]! + 0.001 * grad![i]! * grad![i]!;
    param![i]! -= 0.001 * m![i]! / (Math.sqrt(v![i]!) + 1e-7);
  }
});

for (const device of compared) {
  const matmul = await prepare(device, (builder) => {
    const product = ops.matmul(
      builder.input("x", f32(batch, inner)),
      builder.input("weight", f32(inner, units)),
    );
    builder.output("product", product);
  });
  Deno.bench(device.name, { group: `matmul ${batch}x${inner}x${units}` }, () => matmul());

  const dense = await prepare(device, (builder) => {
    const product = ops.matmul(
      builder.input("x", f32(batch, inner)),
      builder.input("weight", f32(inner, units)),
    );
    builder.output("y", ops.relu(ops.add(product, builder.input("bias", f32(units)))));
  });
  Deno.bench(device.name, { group: "dense with bias and relu" }, () => dense());

  const crossEntropy = await prepare(device, (builder) => {
    const scores = builder.variable("logits", {
      spec: f32(batch, classes),
      role: "parameter",
      initialize: () => logits,
    });
    const chosen = ops.oneHot(builder.input("labels", { shape: [batch], dtype: "u8" }), classes);
    const loss = ops.mean(
      ops.sub(
        ops.logSumExp(scores.value),
        ops.reduceSum(ops.mul(scores.value, chosen), { axes: [-1] }),
      ),
    );
    builder.output("loss", loss);
    builder.output("gradient", ops.gradient(loss, scores.value));
  }, { labels });
  Deno.bench(device.name, { group: "softmax cross-entropy and gradient" }, () => crossEntropy());

  const adam = await prepare(device, (builder) => {
    const [p, m, v] = ["param", "m", "v"].map((path) =>
      builder.variable(path, {
        spec: f32(size),
        role: "state",
        initialize: () => normals(path, size).map(Math.abs),
      })
    );
    const g = builder.input("grad", f32(size));
    const mean = ops.add(ops.mul(m!.value, 0.9), ops.mul(g, 0.1));
    const square = ops.add(ops.mul(v!.value, 0.999), ops.mul(ops.square(g), 0.001));
    const step = ops.div(ops.mul(mean, 0.001), ops.add(ops.sqrt(square), 1e-7));
    builder.update(m!, mean);
    builder.update(v!, square);
    builder.update(p!, ops.sub(p!.value, step));
  });
  Deno.bench(device.name, { group: "adam update" }, () => adam());
}
