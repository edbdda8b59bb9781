/**
 * A volume as the kubelet keeps it: the files of one moment in a folder, and links through one link
 * that is exchanged at once, so that nobody ever sees half of a change.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

let exchanges = 0;

/** @param files by their path inside the volume */
export function putVolume(
  place: string,
  files: Readonly<Record<string, string>>,
  mode = 0o644,
): void {
  exchanges += 1;
  const fresh = `..${exchanges}`;
  mkdirSync(place, { recursive: true });
  const before = readdirSync(place).filter((name) => /^\.\.\d+$/.test(name));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(place, fresh, path)), { recursive: true });
    writeFileSync(join(place, fresh, path), text, { mode });
    const [top = ""] = path.split("/");
    rmSync(join(place, top), { force: true });
    symlinkSync(join("..data", top), join(place, top));
  }
  const link = join(place, "..link");
  rmSync(link, { force: true });
  symlinkSync(fresh, link);
  renameSync(link, join(place, "..data"));
  for (const name of before) rmSync(join(place, name), { recursive: true });
}
