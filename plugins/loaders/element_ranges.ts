/**
 * From the numbers of a file to the elements of a port: each must be one that the port can hold.
 *
 * @module
 */
import {
  allocateElements,
  DataError,
  type DataPort,
  type DType,
  type Elements,
} from "../../core/mod.ts";
import { rowSize } from "./memory_rows.ts";

const limits: Readonly<Record<Exclude<DType, "f32">, readonly [min: number, max: number]>> = {
  u8: [0, 255],
  i32: [-2147483648, 2147483647],
  u32: [0, 4294967295],
};

/**
 * Converts the numbers of rows, which stay where they are when they have the port's type.
 *
 * @param options.begin Number of the first row in the file, from 0.
 * @param options.name The port, or the column of the file.
 * @throws {DataError} At a number that the port cannot hold.
 */
export function toPortElements(
  data: Elements,
  { port, file, begin, name }: {
    readonly port: DataPort;
    readonly file: string;
    readonly begin: number;
    readonly name: string;
  },
): Elements {
  const { dtype } = port;
  const isSame = data.constructor === allocateElements(dtype, 0).constructor;
  if (isSame && port.kind === "tensor") return data;
  const [min, max] = port.kind === "labels"
    ? [0, port.classes - 1]
    : dtype === "f32"
    ? [-Infinity, Infinity]
    : limits[dtype];
  const isWhole = dtype !== "f32";
  const elements = isSame ? data : allocateElements(dtype, data.length);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (isWhole && (!Number.isInteger(value) || value < min || value > max)) {
      const width = rowSize(port);
      throw new DataError(
        port.kind === "labels"
          ? `Cannot use the label ${value}: expected a class number from 0 to ${max}`
          : `Cannot hold the number ${value} in ${dtype}: expected a whole number from ${min} to ${max}`,
        {
          file,
          row: begin + Math.floor(i / width) + 1,
          column: name,
          hint: port.kind === "labels"
            ? "correct the data, or set the loader's classes to those of the file"
            : "choose another dtype for the port",
        },
      );
    }
    elements[i] = value;
  }
  return elements;
}
