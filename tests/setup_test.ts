/**
 * The launcher `denow`, as a user with an odd machine meets it. Programs that it starts are stood in
 * for by scripts on a path of its own, so that no test needs or waits for a network.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url)).replace(/[\\/]$/, "");
const stdFiles = ["assert", "cli", "csv"].map((name) => `/@std/${name}/meta.json`);

interface Machine {
  /** Version that a `deno` on the path gives; none when absent. */
  readonly deno?: string;
  /** Whether there is `npx`, and `node` with it. */
  readonly npx?: boolean;
  /** Whether jsr.io can be reached. */
  readonly online?: boolean;
  /** Packages of `@std` in Deno's cache. */
  readonly cached?: number;
  readonly env?: Record<string, string>;
}

interface Started {
  readonly code: number;
  /** What was started: its name, its arguments, and JSR_URL. */
  readonly started: string;
  readonly stderr: string;
}

/** A folder with a launcher in it, reached through `folder`, and a machine around it. */
async function withLauncher(
  use: (
    start: (machine: Machine, args: string[], launcher?: string, cwd?: string) => Promise<Started>,
    folder: string,
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "de now%#" }));
  await Deno.copyFile(`${root}/denow`, `${folder}/denow`);
  await Deno.writeTextFile(`${folder}/deno.json`, "{}");
  let machines = 0;
  const start = async (
    machine: Machine,
    args: string[],
    launcher = `${folder}/denow`,
    cwd = folder,
  ): Promise<Started> => {
    const bin = `${folder}/machine${machines++}`;
    await Deno.mkdir(bin);
    const tools = ["cat", "dirname", "find", "mkdir", "readlink", "rm", "sed", "uname"];
    const which = await new Deno.Command("sh", {
      args: ["-c", `for tool in ${tools.join(" ")}; do command -v "$tool"; done`],
    }).output();
    for (const [i, path] of new TextDecoder().decode(which.stdout).trim().split("\n").entries()) {
      await Deno.symlink(path, `${bin}/${tools[i]}`);
    }
    const script = async (name: string, body: string) => {
      await Deno.writeTextFile(`${bin}/${name}`, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    };
    const report = 'printf "%s|" "$(basename "$0")" "$@"; printf %s "${JSR_URL-unset}"; exit 3';
    const probe = `echo probe >>"${bin}/probes"; exit ${machine.online ? 0 : 1}`;
    await script("basename", 'printf %s "${1##*/}"');
    if (machine.deno !== undefined) {
      await script(
        "deno",
        `case $1 in --version) printf 'deno ${machine.deno} (stable)\\nv8 1.2.3\\n' ;; ` +
          `eval) ${probe} ;; *) ${report} ;; esac`,
      );
    }
    if (machine.npx) {
      await script("npx", report);
      await script("node", probe);
    }
    for (const file of stdFiles.slice(0, machine.cached ?? 0)) {
      const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(file));
      const jsr = `${bin}/cache/remote/https/jsr.io`;
      await Deno.mkdir(jsr, { recursive: true });
      await Deno.writeTextFile(`${jsr}/${new Uint8Array(hash).toHex()}`, "");
    }
    const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
      args: [launcher, ...args],
      clearEnv: true,
      env: { PATH: bin, HOME: bin, DENO_DIR: `${bin}/cache`, ...machine.env },
      cwd,
    }).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, started: decode(stdout), stderr: decode(stderr) };
  };
  try {
    await use(start, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function standIns(folder: string): string {
  return pathToFileURL(`${folder}/tests/jsr`).href;
}

const note = "denow: cannot reach jsr.io, so the stand-ins in tests/jsr take the place of @std\n";
const ignore = Deno.build.os === "windows";

Deno.test({
  name: "denow passes every argument on to deno, and its exit status back",
  ignore,
  fn: () =>
    withLauncher(async (start) => {
      const machine: Machine = { deno: "2.9.6", online: true };
      assertEquals(await start(machine, ["run", "a b", "*", "", "--x=$HOME", "--", "-q"]), {
        code: 3,
        started: "deno|run|a b|*||--x=$HOME|--|-q|unset",
        stderr: "",
      });
    }),
});

Deno.test({
  name: "denow takes deno through npx where there is none, or one too old",
  ignore,
  fn: () =>
    withLauncher(async (start) => {
      const without = await start({ npx: true, online: true }, ["task", "test"]);
      assertEquals([without.started, without.stderr], ["npx|--yes|deno@2.9.6|task|test|unset", ""]);
      for (const deno of ["2.7.5", "1.46.3", "2.6.99"]) {
        const old = await start({ deno, npx: true, online: true }, ["--version"]);
        assertEquals(old.started, "npx|--yes|deno@2.9.6|--version|unset");
        assertStringIncludes(old.stderr, `deno ${deno} is older than 2.7.6`);
      }
      for (const deno of ["2.7.6", "2.10.0", "3.0.0", "2.9.0-rc.1", "2.9.1+abc"]) {
        const fresh = await start({ deno, npx: true, online: true }, ["x"]);
        assertEquals(fresh.started, "deno|x|unset");
      }
    }),
});

Deno.test({
  name: "denow says what to install on a machine with neither deno nor npx",
  ignore,
  fn: () =>
    withLauncher(async (start) => {
      const { code, stderr } = await start({}, ["task", "test"]);
      assertEquals(code, 1);
      assertStringIncludes(stderr, "found neither deno 2.7.6 or newer nor npx; install Deno");
    }),
});

Deno.test({
  name: "denow sets JSR_URL where jsr.io cannot be reached, and remembers it",
  ignore,
  fn: () =>
    withLauncher(async (start, folder) => {
      const first = await start({ deno: "2.9.6" }, ["x"]);
      assertEquals([first.started, first.stderr], [`deno|x|${standIns(folder)}`, note]);
      // It is not asked again: this machine would answer otherwise.
      const second = await start({ npx: true, online: true }, ["x"]);
      assertEquals(second.started, `npx|--yes|deno@2.9.6|x|${standIns(folder)}`);
      const past = new Date(Date.now() - 2 * 3600_000);
      await Deno.utime(`${folder}/.cache/jsr-unreachable`, past, past);
      const later = await start({ npx: true, online: true }, ["x"]);
      assertEquals([later.started, later.stderr], ["npx|--yes|deno@2.9.6|x|unset", ""]);
    }),
});

Deno.test({
  name: "denow asks nobody where @std is in Deno's cache",
  ignore,
  fn: () =>
    withLauncher(async (start, folder) => {
      assertEquals((await start({ deno: "2.9.6", cached: 3 }, ["x"])).started, "deno|x|unset");
      const partly = await start({ deno: "2.9.6", cached: 2 }, ["x"]);
      assertEquals(partly.started, `deno|x|${standIns(folder)}`);
    }),
});

Deno.test({
  name: "denow respects a JSR_URL of the user",
  ignore,
  fn: () =>
    withLauncher(async (start) => {
      const env = { JSR_URL: "https://jsr.example.com/" };
      const { started, stderr } = await start({ deno: "2.9.6", env }, ["x"]);
      assertEquals([started, stderr], ["deno|x|https://jsr.example.com/", ""]);
    }),
});

Deno.test({
  name: "denow works from another folder and through symbolic links",
  ignore,
  fn: () =>
    withLauncher(async (start, folder) => {
      await Deno.mkdir(`${folder}/sub/deep`, { recursive: true });
      await Deno.symlink("../denow", `${folder}/sub/relative`);
      await Deno.symlink(`${folder}/sub/relative`, `${folder}/sub/deep/absolute`);
      const elsewhere = await Deno.makeTempDir();
      try {
        for (const link of [`${folder}/sub/deep/absolute`, `${folder}/denow`]) {
          const { started } = await start({ deno: "2.9.6" }, ["run", "x"], link, elsewhere);
          assertEquals(started, `deno|run|x|${standIns(folder)}`);
          const task = await start({ deno: "2.9.6" }, ["task", "test", "-q"], link, elsewhere);
          assertEquals(task.started, `deno|task|--cwd|${folder}|test|-q|${standIns(folder)}`);
        }
        const below = `${folder}/sub/deep`;
        const inside = await start({ deno: "2.9.6" }, ["task", "test"], "../relative", below);
        assertEquals(inside.started, `deno|task|test|${standIns(folder)}`);
      } finally {
        await Deno.remove(elsewhere, { recursive: true });
      }
    }),
});

Deno.test({
  name: "denow runs the real deno with @std, whatever can be reached",
  ignore,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "real de now" });
    try {
      await Deno.symlink(`${root}/denow`, `${folder}/denow`);
      await Deno.writeTextFile(
        `${folder}/main.ts`,
        'import { assertEquals } from "jsr:@std/assert@^1.0.19";\n' +
          'assertEquals([1], [1]);\nconsole.log("fine", ...Deno.args);\n',
      );
      const { success, stdout, stderr } = await new Deno.Command("./denow", {
        args: ["run", "--no-config", "main.ts", "a b"],
        cwd: folder,
        env: { JSR_URL: "" },
      }).output();
      assert(success, new TextDecoder().decode(stderr));
      assertEquals(new TextDecoder().decode(stdout), "fine a b\n");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("the stand-ins of tests/jsr have versions that deno.json accepts", async () => {
  const { imports } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
  for (const name of ["assert", "cli", "csv"]) {
    const [, least] = /^jsr:@std\/\w+@\^(\d+\.\d+\.\d+)$/.exec(imports[`@std/${name}`]) ?? [];
    const folder = `${root}/tests/jsr/@std/${name}`;
    const meta = JSON.parse(await Deno.readTextFile(`${folder}/meta.json`));
    assertEquals(Object.keys(meta.versions), [least]);
    const { exports } = JSON.parse(await Deno.readTextFile(`${folder}/${least}_meta.json`));
    for (const file of Object.values<string>(exports)) {
      assert((await Deno.stat(`${folder}/${least}/${file}`)).isFile);
    }
  }
});
