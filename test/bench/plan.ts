/** What `plan` and `publish` take for one change to a state repository of a thousand devices. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { measured, median, startSeconds, type Usage } from "./measure.ts";
import { benchProject } from "./project.ts";
import { goal, row } from "./row.ts";

const devices = 1_000;
const rounds = 3;

export function planBench(scratch: string): void {
  const { folder, file, text, repository } = benchProject(join(scratch, "plan"), devices);
  measured(folder, ["publish", "--yes"]);
  const version = text.replace("canary: 6.9.2", "canary: 6.9.3");
  const device = text.replace("devices:\n", "devices:\n  extra-1: { site: site-1 }\n");
  told("one version changes", file, version, () => measured(folder, ["plan"]));
  told("one more device", file, device, () => measured(folder, ["plan", "--html", "plan.html"]));
  const size = readFileSync(join(folder, "plan.html")).length / 1024;
  row("  its page, with the picture of the fleet", { size: `${size.toFixed(0)} KiB` });
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", repository, ...args], { encoding: "utf8" }).trim();
  const tip = git("rev-parse", "main");
  told(
    "one more device",
    file,
    device,
    () => {
      git("update-ref", "refs/heads/main", tip);
      return measured(folder, ["publish", "--yes"]);
    },
    "publish",
  );
}

function told(what: string, file: string, text: string, run: () => Usage, name = "plan"): void {
  writeFileSync(file, text);
  const all = Array.from({ length: rounds }, run);
  const cpuSeconds = median(all.map((usage) => usage.cpuSeconds));
  const beside = { to: "Node's own start", base: startSeconds() };
  goal(`${name}, 1,000 devices, ${what}`, cpuSeconds, { most: 1.2, unit: "s", ...beside });
  row(`flotilla ${name}, ${devices.toLocaleString("en")} devices, ${what}`, {
    CPU: `${cpuSeconds.toFixed(2)} s`,
    git: `${median(all.map(({ childSeconds }) => childSeconds)).toFixed(2)} s more`,
    wall: `${median(all.map(({ wallSeconds }) => wallSeconds)).toFixed(2)} s`,
  });
}
