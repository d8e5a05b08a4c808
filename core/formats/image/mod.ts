/**
 * PNG and JPEG files.
 *
 * @module
 */
export { decodeImage } from "./decode_image.ts";
export type { DecodedImage } from "./decoded_image.ts";
