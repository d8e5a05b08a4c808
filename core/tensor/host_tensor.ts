/**
 * A tensor on the host: plain typed elements with their shape. Data enters and leaves the devices
 * in this form.
 *
 * @module
 */
import { formatAmount } from "../format.ts";
import { allocateElements, type DType, type Elements } from "./dtype.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";

/** Elements on the host, row-major. */
export interface HostTensor {
  /** Element type. */
  readonly dtype: DType;
  /** Sizes of the axes, outermost first. */
  readonly shape: Shape;
  /** The elements, row-major. */
  readonly data: Elements;
}

/**
 * Makes a host tensor of numbers or of a typed array (which it then shares).
 *
 * @throws {RangeError} When the number of elements is not that of the shape.
 */
export function hostTensor(
  data: Elements | readonly number[],
  { shape, dtype = "f32" }: { readonly shape: Shape; readonly dtype?: DType },
): HostTensor {
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(
      `Cannot make a tensor of shape ${formatShape(shape)}: received ${
        formatAmount(data.length, "element")
      }, ` +
        `expected ${sizeOf(shape)}`,
    );
  }
  if (ArrayBuffer.isView(data)) return { dtype, shape, data };
  const elements = allocateElements(dtype, data.length);
  elements.set(data as readonly number[]);
  return { dtype, shape, data: elements };
}
