/**
 * Where files come from: this machine, an npm package, the web, an archive.
 *
 * @module
 */
export { archiveNames, isArchive } from "./archive_files.ts";
export type { Tell } from "./http_files.ts";
export { locate } from "./locate.ts";
export { permissionHint } from "./permission_hint.ts";
