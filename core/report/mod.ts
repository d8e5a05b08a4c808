/**
 * A run directory told on one page: `report.html`, one file that opens offline.
 *
 * @module
 */
export { type ReportOptions, writeReport } from "./write.ts";
