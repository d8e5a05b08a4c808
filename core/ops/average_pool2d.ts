/**
 * The mean of every window, and its gradient.
 *
 * @module
 */
import { formatSpec } from "../tensor/mod.ts";
import type { OpaqueOp, Value } from "../graph/mod.ts";
import { add } from "./add.ts";
import { less } from "./compare.ts";
import { defineOp } from "./define_op.ts";
import { div } from "./div.ts";
import { iota } from "./iota.ts";
import { maximum } from "./maximum.ts";
import { minimum } from "./minimum.ts";
import { mul } from "./mul.ts";
import {
  eachPool,
  formatPooling,
  inferPooling,
  type Pool2dOptions,
  type Pool2dParams,
  requirePooled,
  resolvePooling,
  spreadWindows,
  undilated,
  windowCells,
} from "./pooling.ts";
import { sub } from "./sub.ts";
import { type Pair, requireImages, windowCounts } from "./window.ts";

/** `y[b, i, j, c] = mean x[b, i·s + u, j·s + v, c]` over the cells `u, v` of a window that are in the image */
export const averagePool2dOp: OpaqueOp<Pool2dParams> = defineOp<Pool2dParams>({
  name: "averagePool2d",
  kind: "opaque",
  infer: ([x], params) => inferPooling(`pool ${formatSpec(x!)}`, x!, params),
  reference({ inputs: [x], output, params }) {
    eachPool(x!.shape, params, (to, cells) => {
      const inside = cells.filter((cell) => cell >= 0);
      output.data[to] = inside.reduce((sum, cell) => sum + x!.data[cell]!, 0) / inside.length;
    });
  },
  decompose([x], params) {
    const [, height, width] = x!.spec.shape as [number, number, number];
    const sum = windowCells(x!, params, 0).reduce((a, b) => add(a, b));
    return overCells(sum, { size: [height, width], params });
  },
  // y is linear in x: every cell of a window gets the same share of its cotangent
  vjp({ inputs: [x], cotangent, params }) {
    const [, height, width] = x!.spec.shape as [number, number, number];
    return [averagePool2dGradient(cotangent, { ...params, inputShape: [height, width] })];
  },
  format: ([x], params) => formatPooling("averagePool2d", [x!], params),
});

/** The pooling whose gradient it is, and what its output does not tell: the size of its images. */
export interface AveragePool2dGradientParams extends Pool2dParams {
  /** Rows and columns of the images. */
  readonly inputShape: Pair;
}

/** `∂L/∂x[b, p, q, c] = Σ cotangent[b, i, j, c] / cells` over the windows that hold the pixel */
export const averagePool2dGradientOp: OpaqueOp<AveragePool2dGradientParams> = defineOp<
  AveragePool2dGradientParams
>({
  name: "averagePool2dGradient",
  kind: "opaque",
  infer([cotangent], params) {
    const { inputShape } = params;
    const action = `take the gradient of pooling images of ${inputShape.join("×")}`;
    requireImages(action, cotangent!);
    const [batch, , , channels] = cotangent!.shape as [number, number, number, number];
    const x = { shape: [batch, ...inputShape, channels], dtype: "f32" } as const;
    requirePooled(action, cotangent!, inferPooling(action, x, params));
    return x;
  },
  reference({ inputs: [cotangent], output, params }) {
    output.data.fill(0);
    eachPool(output.shape, params, (from, cells) => {
      const inside = cells.filter((cell) => cell >= 0);
      for (const cell of inside) output.data[cell]! += cotangent!.data[from]! / inside.length;
    });
  },
  decompose([cotangent], params) {
    const { inputShape, window, strides } = params;
    const shares = overCells(cotangent!, { size: inputShape, params });
    const isDivided = [0, 1].map((axis) => window[axis]! % strides[axis]! === 0);
    return spreadWindows(
      [{ value: shares, outside: 0 }],
      { size: inputShape, params },
      ({ row, column }, [share]) => {
        const inRows = isDivided[0] ? share! : mul(share!, less(row, window[0]));
        return isDivided[1] ? inRows : mul(inRows, less(column, window[1]));
      },
    );
  },
  // the gradient of what is linear is the pooling itself
  vjp({ cotangent, params }) {
    const { inputShape: _, ...pooling } = params;
    return [averagePool2d(cotangent, pooling)];
  },
  format: ([cotangent], params) => formatPooling("averagePool2dGradient", [cotangent!], params),
});

/**
 * `y[b, i, j, c] = mean_{u,v} x[b, i·s₀ + u, j·s₁ + v, c]`: the mean of every window. Cells in the
 * padding are not counted.
 *
 * Shapes: `x [batch, height, width, channels] -> [batch, ⌊(height + padding - window) / stride⌋ + 1, …, channels]`
 *
 * Gradient: every window's cotangent, divided by its cells in the image, to each of them.
 *
 * Differs: as Keras, and PyTorch with `count_include_pad=False`.
 *
 * @throws {TypeError} When x has not four axes of f32.
 * @throws {RangeError} When the window does not fit, or the padding is as large as the window.
 */
export function averagePool2d(x: Value, options: Pool2dOptions): Value {
  return x.builder.apply(averagePool2dOp, [x], resolvePooling(x, options));
}

/**
 * Gradient of `averagePool2d(x)` by x, from the gradient by its output.
 *
 * Shapes: `cotangent [batch, outHeight, outWidth, channels] -> [batch, …inputShape, channels]`
 *
 * Gradient: `averagePool2d`.
 *
 * @throws {TypeError} When images of that size do not give a cotangent of this shape.
 */
export function averagePool2dGradient(
  cotangent: Value,
  params: AveragePool2dGradientParams,
): Value {
  return cotangent.builder.apply(averagePool2dGradientOp, [cotangent], params);
}

/** Divides an element per window by the number of the window's cells that are in the image. */
function overCells(
  pooled: Value,
  { size, params }: { readonly size: Pair; readonly params: Pool2dParams },
): Value {
  const { window, strides, padding } = params;
  if (padding.flat().every((width) => width === 0)) {
    return mul(pooled, 1 / (window[0] * window[1]));
  }
  const counts = windowCounts(size, undilated(params));
  // min(first + window, size) - max(first, 0), where first = i·stride - padding
  const along = (axis: 0 | 1) => {
    const shape = [1, 1, 1, 1].with(axis + 1, counts[axis]);
    const number = iota(pooled.builder, { shape, axis: axis + 1, dtype: "f32" });
    const first = sub(mul(number, strides[axis]), padding[axis][0]);
    return sub(minimum(add(first, window[axis]), size[axis]), maximum(first, 0));
  };
  return div(pooled, mul(along(0), along(1)));
}
