/**
 * What a device sends of itself: the real node_exporter with the arguments of the workload `telemetry`, on
 * a root, a /sys and a list of mounts that the test makes up, so that it can be hot, full and old.
 *
 * Fluent Bit would send the page; here the test does, with the list of metrics that Fluent Bit has. It is in
 * no package registry.
 */
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { metricNames } from "../../../gitops/telemetry/agent-settings.ts";
import type { Processes, Service } from "../../e2e/processes.ts";
import { peerPath } from "../../peers/peers.ts";
import { snappy } from "../telemetry/telemetry-hub.ts";

export interface DeviceState {
  /** The temperature of a sensor of the board, in degrees Celsius. */
  readonly celsius: number;
  /** How much of the root file system is used, which has 16 MiB. */
  readonly usedMebibytes: number;
  /** As `VERSION` in os-release. */
  readonly release: string;
  /** What the device's own timers write. @default nothing */
  readonly textfile?: string;
}

export interface ExporterDevice {
  readonly service: Service;
  /** @returns a remote write request of this moment, compressed */
  request(): Promise<Buffer>;
}

export function exporterDevice(
  processes: Processes,
  name: string,
  port: number,
  args: readonly string[],
  state: DeviceState,
): ExporterDevice {
  const folder = join(processes.folder, name);
  const [root, sys, proc] = ["root", "sys", "proc"].map((part) => join(folder, part));
  const write = (base = "", path = "", text = "") => {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), text);
  };
  mkdirSync(root ?? "", { recursive: true });
  write(sys, "class/hwmon/hwmon0/name", "coretemp\n");
  write(sys, "class/hwmon/hwmon0/temp1_input", `${state.celsius * 1000}\n`);
  write(proc, "1/mounts", "/dev/sda4 / xfs rw 0 0\n");
  // All else is this machine's.
  linkOthers("/proc", proc ?? "", /^\d/);
  linkOthers("/sys", sys ?? "", /^class$/);
  linkOthers("/sys/class", join(sys ?? "", "class"), /^(hwmon|thermal)$/);
  write(folder, "os-release", osRelease(state.release));
  write(folder, "updates.prom", state.textfile ?? "");
  const url = `http://127.0.0.1:${port}`;
  // The disk is mounted for the exporter alone, and gone with it.
  const disk = `mount -t tmpfs -o size=16m tmpfs "$1"
    mkdir -p "$1/etc" "$1/var/lib/flotilla"
    cp "$2/os-release" "$1/etc/" && cp "$2/updates.prom" "$1/var/lib/flotilla/"
    head -c "$3" /dev/zero >"$1/data"; shift 3; exec "$@"`;
  const bytes = String(state.usedMebibytes * 1024 * 1024);
  return {
    service: processes.service({
      name: `${name}-exporter`,
      command: [
        ["unshare", "--mount", "sh", "-ec", disk, "disk", root ?? "", folder, bytes],
        [peerPath("node-exporter-1.12.1") ?? ""],
        args.map((argument) => argument.replaceAll("/host", root ?? "")),
        [`--path.sysfs=${sys}`, `--path.procfs=${proc}`, `--web.listen-address=127.0.0.1:${port}`],
        // What the clock of the machine that runs the tests says is not under test.
        ["--no-collector.timex"],
      ].flat(),
      ready: async () => (await fetch(url)).ok,
    }),
    request: async () => {
      const page = await (await fetch(`${url}/metrics`)).text();
      return snappy(writeRequest(samplesOf(page), Date.now()));
    },
  };
}

function linkOthers(from: string, to: string, own: RegExp): void {
  for (const entry of readdirSync(from).filter((each) => !own.test(each))) {
    symlinkSync(join(from, entry), join(to, entry));
  }
}

/** As on Fedora CoreOS. */
const osRelease = (release: string) => `NAME="Fedora Linux"
VERSION="${release}"
RELEASE_TYPE=stable
ID=fedora
VERSION_ID=44
PRETTY_NAME="Fedora CoreOS ${release.split(" ")[0]}"
VARIANT="CoreOS"
VARIANT_ID=coreos
`;

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The samples of a page that Fluent Bit would send. */
function samplesOf(page: string): readonly Sample[] {
  return page.split("\n").flatMap((line) => {
    const [, name = "", labels = "", value = ""] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (!metricNames.includes(name)) return [];
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
      ([, label = "", text = ""]) => [label, JSON.parse(`"${text}"`) as string] as const,
    );
    return [{ labels: { __name__: name, ...Object.fromEntries(pairs) }, value: Number(value) }];
  });
}

/** Prometheus remote write 1.0. */
function writeRequest(samples: readonly Sample[], milliseconds: number): Buffer {
  const writer = new BinaryWriter();
  for (const { labels, value } of samples) {
    writer.tag(1, WireType.LengthDelimited).fork();
    for (const [name, text] of Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      writer.tag(1, WireType.LengthDelimited).fork();
      writer.tag(1, WireType.LengthDelimited).string(name);
      writer.tag(2, WireType.LengthDelimited).string(text).join();
    }
    writer.tag(2, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.Bit64).double(value);
    writer.tag(2, WireType.Varint).int64(milliseconds).join();
    writer.join();
  }
  return Buffer.from(writer.finish());
}
