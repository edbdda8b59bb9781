/**
 * The control group of a machine's pods, for cgroup v1 and v2 (only v1 was seen running). The kubelet
 * requires it in every hierarchy, and in v1 with a list of its processors.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

const root = "/sys/fs/cgroup";
const controllers = ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer"].concat([
  "blkio",
  "pids",
  "hugetlb",
  "systemd",
]);

function folders(name: string): string[] {
  const isUnified = existsSync(join(root, "cgroup.controllers"));
  const hierarchies = isUnified
    ? [root]
    : controllers.map((one) => join(root, one)).filter(existsSync);
  return hierarchies.map((one) => join(one, name));
}

export function makeCgroups(name: string): void {
  for (const folder of folders(name)) {
    mkdirSync(folder, { recursive: true });
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      const above = join(folder, "..", file);
      // In v2 an empty list means all of them.
      if (existsSync(above)) writeFileSync(join(folder, file), readFileSync(above));
    }
  }
}

/** @returns whether nothing is left; a group with a process in it stays */
export function removeCgroups(name: string): boolean {
  for (const folder of folders(name)) removeTree(folder);
  return folders(name).every((folder) => !existsSync(folder));
}

function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(folder, entry.name));
  }
  try {
    rmdirSync(folder);
  } catch {
    // Busy: the last process is about to end.
  }
}
