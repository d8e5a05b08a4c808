/**
 * Params of ops as text in which equal params are equal and different ones differ: by it the builder
 * finds applications that it has made already.
 *
 * @module
 */

/**
 * The key of params, exact for plain data: null, booleans, strings, numbers (-0 is not 0), arrays,
 * typed arrays by content, and plain objects in any order of their fields, of which undefined ones
 * do not count.
 *
 * @returns `undefined` for params with anything else in them (a function, an instance of a class, a
 * `Map`, a bigint, a symbol, a circle): nothing can tell whether two of these are equal.
 */
export function paramsKey(params: unknown): string | undefined {
  return keyOf(params, []);
}

/** @param within The arrays and objects that the item lies in. */
function keyOf(item: unknown, within: readonly unknown[]): string | undefined {
  switch (typeof item) {
    case "number":
      return numberKey(item);
    case "string":
      return JSON.stringify(item);
    case "boolean":
    case "undefined":
      return String(item);
    case "object":
      return item === null ? "null" : objectKey(item, within);
    default:
      return undefined;
  }
}

function objectKey(item: object, within: readonly unknown[]): string | undefined {
  if (within.includes(item)) return undefined;
  const inner = [...within, item];
  const prototype = Object.getPrototypeOf(item);
  if (Array.isArray(item)) {
    if (prototype !== Array.prototype) return undefined;
    let key = "[";
    for (let i = 0; i < item.length; i++) {
      const own = keyOf(item[i], inner);
      if (own === undefined) return undefined;
      key += `${own},`;
    }
    return `${key}]`;
  }
  if (ArrayBuffer.isView(item)) return viewKey(item);
  const isPlain = prototype === Object.prototype || prototype === null;
  if (!isPlain || Object.getOwnPropertySymbols(item).length > 0) return undefined;
  const fields = item as Readonly<Record<string, unknown>>;
  let key = "{";
  // by code units, so that the order is the same everywhere
  for (const name of Object.keys(fields).sort()) {
    if (fields[name] === undefined) continue;
    const own = keyOf(fields[name], inner);
    if (own === undefined) return undefined;
    key += `${JSON.stringify(name)}:${own},`;
  }
  return `${key}}`;
}

/** `Float32Array[0,-0]`; a `DataView` has no elements to compare. */
function viewKey(view: ArrayBufferView): string | undefined {
  if (view instanceof DataView) return undefined;
  const elements = view as unknown as ArrayLike<number | bigint> & { [Symbol.toStringTag]: string };
  return `${elements[Symbol.toStringTag]}[${
    Array.from(
      elements,
      (element) => typeof element === "number" ? numberKey(element) : String(element),
    ).join()
  }]`;
}

/** As JavaScript writes it, which is exact, and with the sign of zero. */
function numberKey(number: number): string {
  return Object.is(number, -0) ? "-0" : String(number);
}
