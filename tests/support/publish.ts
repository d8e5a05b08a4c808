/**
 * Checks what publishing would do, without publishing. Under the stand-ins of `tests/jsr`, whose
 * modules lie inside this package and are not published with it, the check runs with a copy of them
 * that lies outside.
 *
 * @module
 */
import { fileURLToPath, pathToFileURL } from "node:url";

const standIns = new URL("../jsr", import.meta.url);
const args = ["publish", "--dry-run", "--allow-dirty"];
const cwd = fileURLToPath(new URL("../../", import.meta.url));

const jsrUrl = Deno.env.get("JSR_URL");
if (jsrUrl && new URL(jsrUrl).href.replace(/\/$/, "") === standIns.href) {
  const folder = await Deno.makeTempDir();
  try {
    await copyFolder(fileURLToPath(standIns), folder);
    Deno.exitCode = await deno({ JSR_URL: pathToFileURL(folder).href });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
} else Deno.exitCode = await deno({});

async function deno(env: Record<string, string>): Promise<number> {
  const command = new Deno.Command(Deno.execPath(), { args, cwd, env });
  return (await command.spawn().status).code;
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
