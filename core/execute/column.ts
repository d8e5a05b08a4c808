/**
 * Elements that are appended batch by batch, in one typed array that grows by doubling.
 *
 * @module
 */
import { allocateElements, type DType, type Elements, type HostTensor } from "../tensor/mod.ts";

/** A growing list of elements of one type. */
export class Column {
  #room: Elements;
  #length = 0;

  constructor(readonly dtype: DType) {
    this.#room = allocateElements(dtype, 0);
  }

  /** The elements so far; a view that the next `append` may leave behind. */
  get elements(): Elements {
    return this.#room.subarray(0, this.#length);
  }

  /** Adds elements at the end. */
  append(elements: Elements): void {
    const length = this.#length + elements.length;
    if (length > this.#room.length) {
      const room = allocateElements(this.dtype, Math.max(length, 2 * this.#room.length));
      room.set(this.elements);
      this.#room = room;
    }
    this.#room.set(elements, this.#length);
    this.#length = length;
  }

  /** A copy of the elements. */
  tensor(): HostTensor {
    return { dtype: this.dtype, shape: [this.#length], data: this.elements.slice() };
  }

  /** Forgets the elements; their room is used again. */
  clear(): void {
    this.#length = 0;
  }
}
