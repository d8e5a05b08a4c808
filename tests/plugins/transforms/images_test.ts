import { assert, assertEquals } from "@std/assert";
import {
  cutout,
  ops,
  randomBrightness,
  randomFlip,
  randomRotation,
  randomShift,
  resize,
  type Value,
} from "@millrace/millrace";
import { buildStage, Laboratory } from "../../support/build_stage.ts";
import { assertClose } from "../../golden/golden.ts";

const [batch, height, width, channels] = [24, 3, 5, 2] as const;
const size = height * width * channels;

/** Images whose numbers are all different, and none of which is 0. */
const images: { readonly shape: readonly number[]; readonly data: Float64Array } = {
  shape: [batch, height, width, channels],
  data: Float64Array.from({ length: batch * size }, (_, i) => i + 1),
};

/** What a stage makes of the images in two steps. */
function run(made: unknown, { inference = false, x: given = images } = {}) {
  const laboratory = new Laboratory();
  const x = laboratory.variable("x", given).value;
  const { output } = buildStage<Value>(laboratory, made, { x }, { inference });
  laboratory.builder.output("output", output);
  const step = laboratory.prepare();
  return { shape: output.spec.shape, steps: [step().outputs.output!, step().outputs.output!] };
}

const imageOf = (data: ArrayLike<number>, i: number) =>
  Array.from(data).slice(i * size, (i + 1) * size);

/** An image with every pixel taken from elsewhere; 0 from outside. */
function moved(image: readonly number[], from: (row: number, column: number) => [number, number]) {
  return image.map((_, i) => {
    const [row, column] = from(
      Math.floor(i / (width * channels)),
      Math.floor(i / channels) % width,
    );
    const isInside = row >= 0 && row < height && column >= 0 && column < width;
    return isInside ? image[(row * width + column) * channels + i % channels]! : 0;
  });
}

const augmentations = {
  randomFlip: randomFlip({ vertical: true }),
  randomShift: randomShift({ height: 1, width: 2 }),
  randomRotation: randomRotation(20),
  randomBrightness: randomBrightness(0.5),
  cutout: cutout(2),
};

for (const [name, made] of Object.entries(augmentations)) {
  Deno.test(`${name}() changes images anew at every step, and not in use`, () => {
    const { shape, steps: [first, second] } = run(made);
    assertEquals(shape, images.shape);
    assert(first!.join() !== second!.join() && first!.join() !== images.data.join());
    assertEquals(run(made).steps[0], first);
    assertEquals(run(made, { inference: true }).steps[0], images.data);
  });
}

/** Of which of the candidates each image is; every candidate must occur. */
function requireEach(made: unknown, candidates: (image: number[]) => number[][]): void {
  const { steps } = run(made);
  const seen = new Set<number>();
  for (const data of steps) {
    for (let i = 0; i < batch; i++) {
      const [before, after] = [imageOf(images.data, i), imageOf(data, i).join()];
      const found = candidates(before).findIndex((candidate) => candidate.join() === after);
      assert(found >= 0, `image ${i}: ${after}`);
      seen.add(found);
    }
  }
  assertEquals(seen.size, candidates(imageOf(images.data, 0)).length);
}

Deno.test("randomFlip() mirrors half of the images, each axis for itself", () => {
  requireEach(
    randomFlip({ vertical: true }),
    (image) =>
      [false, true].flatMap((down) =>
        [false, true].map((across) =>
          moved(image, (row, column) => [
            down ? height - 1 - row : row,
            across ? width - 1 - column : column,
          ])
        )
      ),
  );
  requireEach(
    randomFlip(),
    (image) => [image, moved(image, (row, column) => [row, width - 1 - column])],
  );
});

Deno.test("randomShift() moves by whole pixels within its limits, and zeros come in", () => {
  requireEach(
    randomShift({ height: 1, width: 0 }),
    (image) => [-1, 0, 1].map((down) => moved(image, (row, column) => [row + down, column])),
  );
});

Deno.test("randomRotation() turns by nothing or around the centre", () => {
  assertClose(run(randomRotation(0)).steps[0]!, images.data);
  const { steps: [turned] } = run(randomRotation(90));
  for (let i = 0; i < batch; i++) {
    // the middle pixel stays
    const middle = (1 * width + 2) * channels;
    assertClose([imageOf(turned!, i)[middle]!], [imageOf(images.data, i)[middle]!], {
      tolerance: 1e-9,
    });
  }
});

Deno.test("randomBrightness() adds one number to all of an image", () => {
  const { steps: [lit] } = run(randomBrightness(0.5));
  for (let i = 0; i < batch; i++) {
    const light = lit![i * size]! - images.data[i * size]!;
    assert(Math.abs(light) <= 0.5);
    assertClose(imageOf(lit!, i), imageOf(images.data, i).map((value) => value + light));
  }
});

Deno.test("cutout() hides a square, in all channels", () => {
  const { steps: [hidden] } = run(cutout(2));
  for (let i = 0; i < batch; i++) {
    const places = imageOf(hidden!, i).flatMap((value, at) => value === 0 ? [at] : []);
    // the centre is in the image, so that a corner of the square is
    assert([1, 2, 4].includes(places.length / channels), String(places));
  }
});

Deno.test("resize() is as PyTorch's bilinear interpolation", () => {
  // interpolate(arange(6.).reshape(1, 1, 2, 3), (4, 2), mode="bilinear", align_corners=False)
  const x = { shape: [1, 2, 3, 1], data: Float64Array.of(0, 1, 2, 3, 4, 5) };
  const { shape, steps: [data] } = run(resize(4, 2), { x });
  assertEquals(shape, [1, 4, 2, 1]);
  assertClose(data!, [0.25, 1.75, 1, 2.5, 2.5, 4, 3.25, 4.75]);
});

Deno.test("augmentations pass gradients on to the pixels that they took", () => {
  const laboratory = new Laboratory();
  const x = laboratory.variable("x", images).value;
  const { output } = buildStage<Value>(laboratory, randomShift({ height: 3, width: 5 }), { x });
  laboratory.builder.output("gradient", ops.gradient(ops.reduceSum(output), x));
  const { gradient } = laboratory.run();
  assert(gradient!.includes(0) && gradient!.includes(1));
});
