/**
 * Images in PNG and JPEG, the latter decoded by `jpeg-js`. What a file says of its size is checked before
 * anything is allocated, and a file that inflates to more than its image takes is refused.
 *
 * @module
 */
import { type DecodedImage, refusal, requireData, requireSize } from "./decoded_image.ts";
import { importPackage } from "../optional_package.ts";

interface JpegModule {
  readonly default: {
    decode(bytes: Uint8Array, options: Readonly<Record<string, unknown>>): {
      readonly width: number;
      readonly height: number;
      readonly data: Uint8Array;
    };
  };
}

/**
 * Decodes a PNG or JPEG file: 16 bits become 8, palettes their colours, transparency is left out.
 *
 * @throws {DataError} When the bytes are neither, are damaged, or claim more than 100 megapixels.
 */
export async function decodeImage(
  bytes: Uint8Array<ArrayBuffer>,
  file: string,
): Promise<DecodedImage> {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) {
    // node:zlib takes longer to start than all else that is imported here
    const { decodePng } = await import("./decode_png.ts");
    return decodePng(bytes, file);
  }
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return await decodeJpeg(bytes, file);
  throw refusal(file, "it is neither PNG nor JPEG", "convert the image to PNG");
}

async function decodeJpeg(bytes: Uint8Array<ArrayBuffer>, file: string): Promise<DecodedImage> {
  const { isGrey, width, height } = jpegFrame(bytes, file);
  requireSize(file, width, height);
  // a block of 64 pixels takes a bit at least
  const holds = width * height <= bytes.length * 8 * 64;
  requireData(file, { width, height, holds, dataBytes: bytes.length });
  const { default: { decode } } = await importPackage<JpegModule>("npm:jpeg-js@0.4.4", {
    file,
    what: "JPEG images",
  });
  let image: ReturnType<JpegModule["default"]["decode"]>;
  try {
    image = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      // of the first frame: there may be others
      maxResolutionInMP: width * height / 1e6,
      maxMemoryUsageInMB: 2048,
    });
  } catch (cause) {
    throw refusal(file, "its JPEG data is damaged", undefined, cause);
  }
  if (image.data.length !== 3 * image.width * image.height) {
    throw refusal(file, "its JPEG data is damaged");
  }
  if (!isGrey) return { width: image.width, height: image.height, channels: 3, data: image.data };
  const grey = new Uint8Array(image.width * image.height);
  for (let i = 0; i < grey.length; i++) grey[i] = image.data[3 * i]!;
  return { width: image.width, height: image.height, channels: 1, data: grey };
}

/** What the frame of a JPEG file says. */
function jpegFrame(
  bytes: Uint8Array,
  file: string,
): { readonly width: number; readonly height: number; readonly isGrey: boolean } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = view.getUint16(at + 2);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame && at + 10 <= bytes.length) {
      return {
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        isGrey: bytes[at + 9] === 1,
      };
    }
    at += 2 + length;
  }
  throw refusal(file, "its JPEG data has no frame", "get the file again, whole");
}
