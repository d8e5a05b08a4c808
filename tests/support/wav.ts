/**
 * WAVE files, for tests.
 *
 * @module
 */

/** How samples are written. */
export interface WavOptions {
  readonly bits?: 8 | 16 | 24 | 32 | 64;
  readonly isFloat?: boolean;
  readonly channels?: number;
  readonly sampleRate?: number;
  /** Whether the format is written in the longer form. */
  readonly extended?: boolean;
  /** Tag of another chunk, of three bytes, before the samples. */
  readonly before?: string;
}

/** A WAVE file of samples from -1 to 1, those of all channels side by side. */
export function wavFile(
  values: readonly number[],
  options: WavOptions = {},
): Uint8Array<ArrayBuffer> {
  const { bits = 16, isFloat = false, channels = 1, sampleRate = 8000 } = options;
  const { extended = false, before } = options;
  const code = isFloat ? 3 : 1;
  const frameBytes = channels * bits / 8;
  const format = [
    ...integer(extended ? 0xfffe : code, 2),
    ...integer(channels, 2),
    ...integer(sampleRate, 4),
    ...integer(sampleRate * frameBytes, 4),
    ...integer(frameBytes, 2),
    ...integer(bits, 2),
    ...(extended
      ? [...integer(22, 2), ...integer(bits, 2), ...integer(0, 4), ...integer(code, 2)]
        .concat(new Array(14).fill(0))
      : []),
  ];
  const samples = values.flatMap((value) =>
    isFloat ? float(value, bits) : integer(
      bits === 8 ? Math.round(value * 128) + 128 : Math.round(value * 2 ** (bits - 1)),
      bits / 8,
    )
  );
  const chunks = [
    ...chunk("fmt ", format),
    ...(before === undefined ? [] : chunk(before, [1, 2, 3])),
    ...chunk("data", samples),
  ];
  return Uint8Array.from([
    ...tag("RIFF"),
    ...integer(4 + chunks.length, 4),
    ...tag("WAVE"),
    ...chunks,
  ]);
}

function tag(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

function chunk(name: string, data: readonly number[]): number[] {
  return [...tag(name), ...integer(data.length, 4), ...data, ...(data.length % 2 === 0 ? [] : [0])];
}

function integer(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) & 255);
}

function float(value: number, bits: number): number[] {
  const data = new DataView(new ArrayBuffer(bits / 8));
  if (bits === 32) data.setFloat32(0, value, true);
  else data.setFloat64(0, value, true);
  return [...new Uint8Array(data.buffer)];
}
