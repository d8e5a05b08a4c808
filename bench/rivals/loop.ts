/**
 * Contender: plain TypeScript loops, one thread.
 *
 * @module
 */
import { matmulLoop } from "../loops/kernels.ts";
import { loopLenet, loopPerceptron } from "../loops/network.ts";
import { contend, trainBySteps } from "./contender.ts";
import { classes, pixels } from "./work.ts";

await contend(() => ({
  versions: {},
  matmul(n) {
    const [lhs, rhs, output] = [1, 1, 0].map((value) => new Float32Array(n * n).fill(value));
    return () => matmulLoop([lhs!, rhs!, output!], { m: n, n, k: n });
  },
  train(work) {
    const { batch } = work;
    const network = work.network === "lenet"
      ? loopLenet({ batch })
      : loopPerceptron([pixels, 128, classes], { batch, dropout: 0.2 });
    let loss = NaN;
    return trainBySteps(work, {
      step: (images, labels) => void (loss = network.step(images, labels)),
      loss: () => loss,
    });
  },
}));
