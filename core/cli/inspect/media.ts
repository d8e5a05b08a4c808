/**
 * What single images and sounds hold.
 *
 * @module
 */
import { decodeImage, parseWav, readBytes, type Sound } from "../../formats/mod.ts";
import type { FileSummary } from "./file_summary.ts";
import { ColumnSummarizer } from "./summarize_column.ts";
import { mediaStage } from "./suggest_stage.ts";

/** Looks at an image. */
export async function summarizeImage(path: string): Promise<FileSummary> {
  const { bytes, file } = await readBytes(path);
  const { width, height, channels, data } = await decodeImage(bytes, file);
  const column = new ColumnSummarizer("pixels");
  for (const value of data) column.add(value);
  return {
    file,
    format: `${bytes[0] === 0x89 ? "PNG" : "JPEG"}, ${width} by ${height} pixels, ${
      channelsText(channels)
    }`,
    rows: 1,
    isWhole: true,
    columns: [column.finish(data.length)],
    stage: mediaStage({ loader: "imageFolder", folder: folderOf(file), height, width, channels }),
  };
}

/** Looks at a sound. */
export async function summarizeSound(path: string): Promise<FileSummary> {
  const { bytes, file } = await readBytes(path);
  const sound = parseWav(bytes, file);
  const { sampleRate, channels, samples } = sound;
  const column = new ColumnSummarizer("samples");
  for (const sample of samples) column.add(sample);
  const frames = framesOf(sound);
  return {
    file,
    format: `WAV, ${sampleRate} Hz, ${channels} ${channels === 1 ? "channel" : "channels"}, ` +
      `${(frames / sampleRate).toFixed(2)} s`,
    rows: frames,
    isWhole: true,
    columns: [column.finish(samples.length)],
    stage: mediaStage({
      loader: "soundFolder",
      folder: folderOf(file),
      samples: frames,
      sampleRate,
    }),
  };
}

/** Samples of one channel. */
export function framesOf({ samples, channels }: Sound): number {
  return samples.length / channels;
}

/** Channels of an image in words. */
export function channelsText(channels: number): string {
  return channels === 1 ? "grey" : "colour";
}

function folderOf(file: string): string {
  return file.replace(/[^/\\]*$/, "").replace(/[/\\]$/, "") || ".";
}
