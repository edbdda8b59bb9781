/**
 * A real manager of systemd (`systemd --user`) that reads units and files of a device in namespaces of its own, and
 * starts them. Units that the device does not have are stubs that write down their environment.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { EdgeDevice } from "../../edge/device.ts";

const manager = "/lib/systemd/systemd";
const canUnshare = spawnSync("unshare", ["--mount", "--pid", "--fork", "--mount-proc", "true"]);

export const hasSystemd = existsSync(manager) && canUnshare.status === 0;

/** A file system of the device below `$1`, and the manager until each unit has written its file. */
const script = `
cd "$1"
mount -t tmpfs none /run
mkdir -p /run/systemd/system run
mount -t tmpfs none /etc
cp -a etc/. /etc/
export XDG_RUNTIME_DIR="$PWD/run" SYSTEMD_UNIT_PATH="$PWD/units" SYSTEMD_GENERATOR_PATH=/nonexistent
"$2" --user --unit=proof.target --log-target=null </dev/null >/dev/null 2>&1 &
for try in $(seq 300); do [ "$(ls done | wc -l)" = "$3" ] && exit 0; sleep 0.1; done
exit 1
`;

/** The environment of each unit, with the drop-ins and files of the device. */
export function environmentsOf(
  device: EdgeDevice,
  units: readonly string[],
): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-systemd-"));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  try {
    for (const { path, contents } of device.toConfig().storage?.files ?? []) {
      if (!("inline" in contents)) continue;
      write(path, contents.inline);
      const prefix = "/etc/systemd/system/";
      if (path.startsWith(prefix)) write(`units/${path.slice(prefix.length)}`, contents.inline);
    }
    mkdirSync(join(folder, "done"));
    for (const name of ["basic", "sysinit", "shutdown", "exit"]) write(`units/${name}.target`, "");
    const wanted = units.join(" ");
    write("units/proof.target", `[Unit]\nWants=${wanted}\nAfter=${wanted}\n`);
    for (const unit of units) {
      const command = `env -0 >${folder}/${unit}.env && touch ${folder}/done/${unit}`;
      write(`units/${unit}`, `[Service]\nType=oneshot\nExecStart=/bin/sh -c '${command}'\n`);
    }
    const words = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-eu", "-c"];
    const { status } = spawnSync(
      "unshare",
      [...words, script, "sh", folder, manager, String(units.length)],
      { stdio: "ignore" },
    );
    if (status !== 0) throw new Error("systemd did not start all units");
    return Object.fromEntries(
      units.map((unit) => [unit, variablesIn(readFileSync(join(folder, `${unit}.env`), "utf8"))]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function variablesIn(text: string): Readonly<Record<string, string>> {
  const lines = text.split("\0").filter((line) => line !== "");
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}
