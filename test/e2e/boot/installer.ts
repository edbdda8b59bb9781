/**
 * The live system of an image: systemd runs its units and scripts before and after the call of
 * coreos-installer, which a stand-in records. The disk with the live system stands for the medium.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { installFiles } from "../../../edge/installer/embedded-install.ts";
import type { Installation } from "../../../edge/installer/installation.ts";
import { siteInstallFiles } from "../../../edge/installer/site-install.ts";
import { ignitionPath } from "../../../edge/iso/ignition.ts";
import type { InstallDisk } from "../../../fleet/model/disk.ts";
import { timed, type Row } from "../rows.ts";
import { makeDisk } from "./disk.ts";
import { deviceName, type Fixture } from "./fixture.ts";
import { emptyDisk, machine, type Machine } from "./machine.ts";
import { bootSeconds } from "./two-boots.ts";

const serial = "PF1";
const target = "/dev/nvme0n1";
const smallest: InstallDisk = { choose: "smallest", sizeMinBytes: 1e9 };

interface Medium {
  readonly name: string;
  readonly what: string;
  readonly disk: InstallDisk;
  /** Whether it is for all devices of the site. */
  readonly shared?: boolean;
  readonly fails?: boolean;
  /** What the console shows, in this order. */
  readonly shows: readonly string[];
  /** What it must not show. */
  readonly never: readonly string[];
}

const call = "stand-in: coreos-installer install --config-file /etc/coreos/installer.d/";
const installs = [
  `Installing ${deviceName} on ${target}.`,
  call,
  `stand-in: dest-device: ${target}`,
  "stand-in: sha256 ",
  `${deviceName} is installed on ${target}. Remove the installation medium now.`,
];

const media: readonly Medium[] = [
  {
    name: "live",
    what: "a disk that is only described is chosen, and the machine restarts",
    disk: smallest,
    shows: installs,
    never: ["FAILED", "REFUSED"],
  },
  {
    name: "live-site",
    what: "an image of a site recognizes the machine by its serial number",
    disk: target,
    shared: true,
    shows: installs,
    never: ["FAILED", "REFUSED"],
  },
  {
    name: "live-fails",
    what: "the installer fails: the console says so, and nothing restarts",
    disk: target,
    fails: true,
    shows: [call, "stand-in: it fails", `INSTALLATION FAILED: ${deviceName} is NOT installed`],
    never: ["is installed on"],
  },
  {
    name: "live-refuses",
    what: "no disk fits: coreos-installer is never called",
    disk: { choose: "only", sizeMinBytes: 5e12 },
    shows: ["INSTALLATION REFUSED: no disk fits", "INSTALLATION FAILED"],
    never: [call, "is installed on"],
  },
];

export async function liveSystems(fixture: Fixture): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const medium of media) {
    const live = await inserted(fixture, medium);
    const seconds = await timed(() => runs(live, medium, fixture.ignition));
    rows.push({ what: medium.what, seconds });
    await live.cutPower();
  }
  return rows;
}

async function inserted(fixture: Fixture, medium: Medium): Promise<Machine> {
  const { processes } = fixture.world;
  const { name, disk, shared = false, fails = false } = medium;
  const installation: Installation = {
    name: deviceName,
    title: `${deviceName} of fleet e2e`,
    disk,
    kernelArguments: [],
    keyfiles: new Map(),
    ignition: fixture.ignition,
  };
  const embedded = shared
    ? siteInstallFiles([
        { installation, match: { serial } },
        { installation: { ...installation, name: "till-2" }, match: { serial: "PF2" } },
      ])
    : installFiles(installation, "installer.d");
  const path = join(processes.folder, `${name}.disk`);
  await makeDisk({
    folder: processes.folder,
    path,
    ignition: Buffer.from(embedded.get(ignitionPath) ?? []).toString(),
    files: fails ? { "usr/libexec/flotilla-test/installer-fails": "" } : {},
  });
  const secondDisk = emptyDisk(join(processes.folder, `${name}.target`));
  const { namespace, tap } = fixture.shop;
  return machine({ processes, name, namespace, tap, disk: path, serial, secondDisk });
}

async function runs(live: Machine, { fails, shows, never }: Medium, ignition: string) {
  await live.start();
  for (const text of shows) await live.shows(text, bootSeconds);
  const isLeft = !fails && !shows.some((text) => text.startsWith("INSTALLATION"));
  if (isLeft) await live.ended(bootSeconds);
  const said = live.console();
  const places = shows.map((text) => said.indexOf(text));
  if (places.some((place, index) => place < (places[index - 1] ?? 0))) {
    throw new Error(`${live.name} shows these in another order: ${shows.join("; ")}`);
  }
  const wrong = never.filter((text) => said.includes(text));
  if (wrong.length > 0) throw new Error(`${live.name} shows ${wrong.join(", ")}`);
  const sum = createHash("sha256").update(ignition).digest("hex");
  if (isLeft && !said.includes(`stand-in: sha256 ${sum}`)) {
    throw new Error(`${live.name} installs another configuration`);
  }
}
