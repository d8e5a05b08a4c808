/**
 * What figures were measured on: a figure without its machine says nothing.
 *
 * @module
 */
import config from "../../deno.json" with { type: "json" };

/** A machine, in words that name no owner. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
}

/** Where and when figures were measured. */
export interface Provenance {
  readonly date: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
}

/** This machine, now. */
export async function provenance(): Promise<Provenance> {
  const { deno, v8 } = Deno.version;
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: {
      processor: await processorName(),
      cores: navigator.hardwareConcurrency,
      memoryGiB: Math.round(Deno.systemMemoryInfo().total / 2 ** 30),
      system: `${Deno.build.os} ${Deno.osRelease()}, ${Deno.build.arch}`,
    },
    versions: { millrace: config.version, deno, v8 },
  };
}

/** Renders a machine in one line. */
export function formatMachine({ processor, cores, memoryGiB, system }: Machine): string {
  return `${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}`;
}

async function processorName(): Promise<string> {
  const unknown = `unknown ${Deno.build.arch} processor`;
  if (Deno.build.os === "linux") {
    const text = await Deno.readTextFile("/proc/cpuinfo");
    return /^model name\s*:\s*(.+)$/m.exec(text)?.[1] ?? unknown;
  }
  if (Deno.build.os === "darwin") {
    const args = ["-n", "machdep.cpu.brand_string"];
    const { stdout } = await new Deno.Command("sysctl", { args }).output();
    return new TextDecoder().decode(stdout).trim() || unknown;
  }
  return Deno.env.get("PROCESSOR_IDENTIFIER") ?? unknown;
}

/** Most bytes of memory that this process has held; `null` where the system does not tell. */
export async function peakMemoryBytes(): Promise<number | null> {
  if (Deno.build.os !== "linux") return null;
  const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(await Deno.readTextFile("/proc/self/status")) ??
    [];
  return kibibytes === undefined ? null : Number(kibibytes) * 1024;
}
