/**
 * The files of an image: programs of this machine (Debian's) and of the peers, each with the libraries that
 * it is linked with.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { peer } from "../control-plane.ts";
import { run } from "../processes.ts";

/** A file of this machine by its path in the image. */
export type Programs = Readonly<Record<string, string>>;

export async function putPrograms(root: string, programs: Programs): Promise<void> {
  for (const [path, program] of Object.entries(programs)) {
    put(root, path, program);
    for (const library of await librariesOf(program)) put(root, library, library);
  }
}

/** Text files that everyone may read and run. */
export function putFiles(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), 0o755);
  }
}

function put(root: string, path: string, from: string): void {
  const place = join(root, path);
  if (existsSync(place)) return;
  mkdirSync(dirname(place), { recursive: true });
  cpSync(realpathSync(from), place, { recursive: true });
}

async function librariesOf(program: string): Promise<string[]> {
  // ldd fails for a folder, a script or a static program.
  const text = await run(["ldd", realpathSync(program)]).catch(() => "");
  return [...text.matchAll(/\/\S+/g)].map(([path]) => path).filter((path) => existsSync(path));
}

/** BusyBox with a link for each of its programs, and the users, as a small distribution has them. */
export async function putBusybox(root: string): Promise<void> {
  const program = join(peer("emulator-debian-12"), "busybox");
  const busybox = "/bin/busybox";
  const empty = ["sbin", "usr/bin", "usr/sbin", "etc", "tmp", "run", "var", "proc", "sys", "dev"];
  for (const one of [...empty, "root", "home"]) mkdirSync(join(root, one), { recursive: true });
  chmodSync(join(root, "tmp"), 0o1777);
  symlinkSync("../run", join(root, "var/run"));
  put(root, busybox, program);
  for (const applet of (await run([program, "--list"])).split("\n").filter(Boolean)) {
    const place = join(root, "bin", applet);
    if (applet !== basename(busybox)) symlinkSync(busybox, place);
  }
  const users = [
    ["root", 0, 0, "/root"],
    ["app", 100, 101, "/home/app"],
  ].concat([
    ["proxy", 13, 13, "/"],
    ["argocd", 999, 999, "/home/argocd"],
    ["nobody", 65_534, 65_534, "/"],
  ]);
  writeFileSync(
    join(root, "etc/passwd"),
    users
      .map(([name, user, group, home]) => `${name}:x:${user}:${group}::${home}:/bin/sh\n`)
      .join(""),
  );
  writeFileSync(
    join(root, "etc/group"),
    users.map(([name, , group]) => `${name}:x:${group}:\n`).join(""),
  );
}
