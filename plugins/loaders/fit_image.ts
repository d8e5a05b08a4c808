/**
 * Bringing an image to the size and the channels that a port has.
 *
 * @module
 */
import type { DecodedImage } from "../../core/formats/mod.ts";

/**
 * How an image of another size becomes one of the wanted size: by `stretch` of both axes; by `crop` of
 * what is beyond it, from the middle, after its smaller side fits; by `pad` with black around it,
 * after its larger side fits. `exact` takes no other size.
 */
export type ImageFit = "exact" | "stretch" | "crop" | "pad";

/** The size that is wanted. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** A part of an image, in pixels, which may be fractions. */
interface Span {
  readonly begin: number;
  readonly length: number;
}

/**
 * Writes an image into bytes of the wanted size. Sizes change by a triangle filter whose width is the
 * scale where the image becomes smaller, so that nothing is skipped: Pillow's BILINEAR. Colours
 * become grey by 0.299 red, 0.587 green, 0.114 blue (ITU-R BT.601).
 */
export function fitImage(
  image: DecodedImage,
  target: Uint8Array,
  { width, height, channels, fit }: ImageSize & { readonly fit: ImageFit },
): void {
  const converted = toChannels(image, channels);
  if (image.width === width && image.height === height) {
    target.set(converted.data);
    return;
  }
  const scaleX = width / image.width;
  const scaleY = height / image.height;
  if (fit === "pad") {
    const scale = Math.min(scaleX, scaleY);
    const inner = {
      width: Math.max(1, Math.round(image.width * scale)),
      height: Math.max(1, Math.round(image.height * scale)),
    };
    const part = resample(converted, { ...inner, x: whole(image.width), y: whole(image.height) });
    const left = (width - inner.width) >> 1;
    const top = (height - inner.height) >> 1;
    target.fill(0);
    for (let y = 0; y < inner.height; y++) {
      const line = part.subarray(y * inner.width * channels, (y + 1) * inner.width * channels);
      target.set(line, ((top + y) * width + left) * channels);
    }
    return;
  }
  const scale = Math.max(scaleX, scaleY);
  const x = fit === "crop" ? middle(image.width, width / scale) : whole(image.width);
  const y = fit === "crop" ? middle(image.height, height / scale) : whole(image.height);
  target.set(resample(converted, { width, height, x, y }));
}

function whole(length: number): Span {
  return { begin: 0, length };
}

function middle(all: number, length: number): Span {
  return { begin: (all - length) / 2, length };
}

function toChannels(image: DecodedImage, channels: 1 | 3): DecodedImage {
  if (image.channels === channels) return image;
  const pixels = image.width * image.height;
  const data = new Uint8Array(pixels * channels);
  for (let i = 0; i < pixels; i++) {
    if (channels === 3) data.fill(image.data[i]!, 3 * i, 3 * i + 3);
    else {
      const [red, green, blue] = [
        image.data[3 * i]!,
        image.data[3 * i + 1]!,
        image.data[3 * i + 2]!,
      ];
      data[i] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
    }
  }
  return { ...image, channels, data };
}

/** For each place of an axis, where its sources begin and what each weighs. */
interface AxisWeights {
  readonly begins: Int32Array;
  readonly weights: readonly Float64Array[];
}

function axisWeights(sources: number, size: number, { begin, length }: Span): AxisWeights {
  const scale = length / size;
  const support = Math.max(1, scale);
  const begins = new Int32Array(size);
  const weights: Float64Array[] = [];
  for (let i = 0; i < size; i++) {
    const centre = begin + (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - support + 0.5));
    const last = Math.min(sources, Math.floor(centre + support + 0.5));
    const own = new Float64Array(Math.max(1, last - first));
    let sum = 0;
    for (let j = 0; j < own.length; j++) {
      own[j] = Math.max(0, 1 - Math.abs(first + j + 0.5 - centre) / support);
      sum += own[j]!;
    }
    if (sum === 0) own.fill(1 / own.length);
    else for (let j = 0; j < own.length; j++) own[j] = own[j]! / sum;
    begins[i] = Math.min(first, sources - 1);
    weights.push(own);
  }
  return { begins, weights };
}

function resample(
  { data, width: sourceWidth, height: sourceHeight, channels }: DecodedImage,
  { width, height, x, y }: {
    readonly width: number;
    readonly height: number;
    readonly x: Span;
    readonly y: Span;
  },
): Uint8Array {
  const across = axisWeights(sourceWidth, width, x);
  const down = axisWeights(sourceHeight, height, y);
  // lines that no row of the result reads are left out
  const top = down.begins[0]!;
  const bottom = Math.min(
    sourceHeight,
    down.begins[height - 1]! + down.weights[height - 1]!.length,
  );
  const lines = new Float64Array((bottom - top) * width * channels);
  for (let row = top; row < bottom; row++) {
    for (let column = 0; column < width; column++) {
      const weights = across.weights[column]!;
      const from = (row * sourceWidth + across.begins[column]!) * channels;
      const to = ((row - top) * width + column) * channels;
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let j = 0; j < weights.length; j++) {
          sum += weights[j]! * data[from + j * channels + channel]!;
        }
        lines[to + channel] = sum;
      }
    }
  }
  const result = new Uint8Array(width * height * channels);
  const lineLength = width * channels;
  for (let row = 0; row < height; row++) {
    const weights = down.weights[row]!;
    const from = (down.begins[row]! - top) * lineLength;
    for (let i = 0; i < lineLength; i++) {
      let sum = 0;
      for (let j = 0; j < weights.length; j++) {
        sum += weights[j]! * lines[from + j * lineLength + i]!;
      }
      result[row * lineLength + i] = Math.min(255, Math.max(0, Math.round(sum)));
    }
  }
  return result;
}
