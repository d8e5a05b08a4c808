/**
 * The largest element of every window, and its gradient.
 *
 * @module
 */
import { formatSpec } from "../tensor/mod.ts";
import type { OpaqueOp, Value } from "../graph/mod.ts";
import { add } from "./add.ts";
import { broadcastTo } from "./broadcast_to.ts";
import { equal, greater } from "./compare.ts";
import { constantLike, defineOp } from "./define_op.ts";
import { maximum } from "./maximum.ts";
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
  windowCells,
  windowOverlap,
} from "./pooling.ts";
import { where } from "./where.ts";

/** `y[b, i, j, c] = max x[b, i·s + u, j·s + v, c]` over the cells `u, v` of a window */
export const maxPool2dOp: OpaqueOp<Pool2dParams> = defineOp<Pool2dParams>({
  name: "maxPool2d",
  kind: "opaque",
  infer: ([x], params) => inferPooling(`pool ${formatSpec(x!)}`, x!, params),
  reference({ inputs: [x], output, params }) {
    eachPool(x!.shape, params, (to, cells) => {
      let largest = -Infinity;
      for (const cell of cells) largest = Math.max(largest, elementOf(x!.data, cell));
      output.data[to] = largest;
    });
  },
  decompose: ([x], params) => windowCells(x!, params, -Infinity).reduce((a, b) => maximum(a, b)),
  // ∂y/∂x is 1 at the first cell that is the maximum, and 0 at all others
  vjp: ({ inputs: [x], cotangent, params }) => [maxPool2dGradient(x!, cotangent, params)],
  format: ([x], params) => formatPooling("maxPool2d", [x!], params),
});

/** Every window's cotangent at the first of its cells that is its maximum */
export const maxPool2dGradientOp: OpaqueOp<Pool2dParams> = defineOp<Pool2dParams>({
  name: "maxPool2dGradient",
  kind: "opaque",
  infer([x, cotangent], params) {
    const action = `take the gradient of pooling ${formatSpec(x!)}`;
    requirePooled(action, cotangent!, inferPooling(action, x!, params));
    return x!;
  },
  reference({ inputs: [x, cotangent], output, params }) {
    output.data.fill(0);
    eachPool(x!.shape, params, (from, cells) => {
      let largest = cells[0]!;
      for (const cell of cells) {
        if (elementOf(x!.data, cell) > elementOf(x!.data, largest)) largest = cell;
      }
      if (largest >= 0) output.data[largest]! += cotangent!.data[from]!;
    });
  },
  // the number of the chosen cell is found per window, and compared with each pixel's own
  decompose([x, cotangent], params) {
    const [, height, width] = x!.spec.shape as [number, number, number];
    const columns = windowOverlap(params)[1] * params.strides[1];
    const cells = windowCells(x!, params, -Infinity);
    const numbers = cells.map((_, cell) => {
      const [row, column] = [Math.floor(cell / params.window[1]), cell % params.window[1]];
      return constantLike(x!, row * columns + column);
    });
    const chosen = broadcastTo(ofFirstLargest(cells, numbers), cotangent!.spec.shape);
    return spreadWindows(
      [{ value: chosen, outside: -1 }, { value: cotangent!, outside: 0 }],
      { size: [height, width], params },
      ({ row, column }, [cell, share]) =>
        where(equal(cell!, add(mul(row, columns), column)), share!, 0),
    );
  },
  // it chooses places by x, which is flat in x, and is linear in the cotangent: the same choice
  vjp({ inputs: [x], cotangent, params }) {
    const chosen = ofFirstLargest(
      windowCells(x!, params, -Infinity),
      windowCells(cotangent, params, 0),
    );
    return [null, chosen];
  },
  format: ([x, cotangent], params) => formatPooling("maxPool2dGradient", [x!, cotangent!], params),
});

/**
 * `y[b, i, j, c] = max_{u,v} x[b, i·s₀ + u, j·s₁ + v, c]`: the largest element of every window. The
 * padding is never the largest.
 *
 * Shapes: `x [batch, height, width, channels] -> [batch, ⌊(height + padding - window) / stride⌋ + 1, …, channels]`
 *
 * Gradient: to the first cell of a window that is its maximum, row by row, as in PyTorch.
 *
 * Numerics: NaN if any element of a window is NaN; which cell its gradient goes to is not promised.
 *
 * @throws {TypeError} When x has not four axes of f32.
 * @throws {RangeError} When the window does not fit, or the padding is as large as the window.
 */
export function maxPool2d(x: Value, options: Pool2dOptions): Value {
  return x.builder.apply(maxPool2dOp, [x], resolvePooling(x, options));
}

/**
 * Gradient of `maxPool2d(x)` by x, from the gradient by its output.
 *
 * Shapes: `x [batch, height, width, channels], cotangent [batch, outHeight, outWidth, channels]
 * -> [batch, height, width, channels]`
 *
 * Gradient: by the cotangent, of every window the element that was chosen; none by x.
 *
 * @throws {TypeError} When the cotangent has not the shape of the output.
 */
export function maxPool2dGradient(x: Value, cotangent: Value, params: Pool2dParams): Value {
  return x.builder.apply(maxPool2dGradientOp, [x, cotangent], params);
}

function elementOf(data: Float64Array, cell: number): number {
  return cell < 0 ? -Infinity : data[cell]!;
}

/** Of every window, what belongs to the first cell that is larger than all before it. */
function ofFirstLargest(cells: readonly Value[], belongings: readonly Value[]): Value {
  let [largest, chosen] = [cells[0]!, belongings[0]!];
  for (let cell = 1; cell < cells.length; cell++) {
    const isLarger = greater(cells[cell]!, largest);
    largest = where(isLarger, cells[cell]!, largest);
    chosen = where(isLarger, belongings[cell]!, chosen);
  }
  return chosen;
}
