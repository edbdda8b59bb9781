/** The image of several devices: the real script of its live system with machines of every kind. */
import { describe, expect, test } from "vitest";
import type { SiteMember } from "../../../edge/installer/site-install.ts";
import type { Installation } from "../../../edge/installer/installation.ts";
import { liveInstall } from "../../../edge/installer/live-install.ts";
import { fileInConfig } from "../../../edge/iso/contents.ts";
import { hasTerminal, liveFiles, runLive, type LiveMachine } from "./live-root.ts";

function member(name: string, match?: SiteMember["match"], disk = "/dev/sda"): SiteMember {
  const files = ["all", `the key of ${name}`].map((source) => ({ contents: { source } }));
  const installation: Installation = {
    name,
    title: `${name} of fleet harbor`,
    disk,
    kernelArguments: ["console=ttyS0"],
    keyfiles: new Map([["lan.nmconnection", `[connection]\nid=lan\n# ${name}`]]),
    ignition: `${JSON.stringify({ storage: { files } })}\n`,
  };
  return {
    installation,
    ...(match && { match }),
    description: `desk ${name.slice(-1)}\nby the door`,
  };
}

const members = [
  member("till-1", { serial: "PF1 abC" }),
  member(
    "till-2",
    { serial: "PF2", macs: ["52:54:00:00:00:02", "52:54:00:00:00:22"] },
    "/dev/nvme0n1",
  ),
  member("till-3", { assetTag: "IT-3", uuid: "4c4c4544-0043-4d10-8051-b9c04f4a3132" }),
  member("till-4", { macs: ["52:54:00:00:00:04"] }),
  member("till-5"),
];

const dmi = (name: string) => `sys/class/dmi/id/${name}`;
const mac = (interfaceName: string) => `sys/class/net/${interfaceName}/address`;

/** What is left of the live system when the device was chosen. */
function filesOf(name: string): Record<string, string> {
  const { installation } = members.find((each) => each.installation.name === name) ?? member("");
  const single = liveInstall(installation);
  const paths = [
    "/etc/coreos/dest.ign",
    "/etc/coreos/installer.d/0000-customize.yaml",
    "/etc/flotilla/installation",
  ];
  const text = (path: string) => Buffer.from(fileInConfig(single, path) ?? []).toString();
  return {
    ...Object.fromEntries(paths.map((path) => [path, text(path)])),
    "/etc/NetworkManager/system-connections/lan.nmconnection":
      installation.keyfiles.get("lan.nmconnection") ?? "",
  };
}

const nothing = (reason: string) => ({
  "/etc/coreos/installer.d/0000-customize.yaml": "{}\n",
  "/etc/flotilla/installation": `DEVICE='This machine (${reason})'\nDISK='any disk'\n`,
});

describe.skipIf(!hasTerminal)("a machine that is recognized (needs Python)", () => {
  const machines: readonly (readonly [string, NonNullable<LiveMachine["facts"]>])[] = [
    ["till-1", { [dmi("product_serial")]: "PF1 abc\n" }],
    [
      "till-1",
      { [dmi("product_serial")]: "To be filled\n", [dmi("board_serial")]: "  PF1 ABC  \n" },
    ],
    ["till-1", { [dmi("chassis_serial")]: "PF1 ABC" }],
    ["till-1", { "proc/device-tree/serial-number": "pf1 abc\0" }],
    ["till-2", { [dmi("product_serial")]: "PF2\n", [mac("eth0")]: "52:54:00:00:00:22\n" }],
    [
      "till-3",
      {
        [dmi("chassis_asset_tag")]: "it-3\n",
        [dmi("product_uuid")]: "4C4C4544-0043-4D10-8051-B9C04F4A3132\n",
      },
    ],
    ["till-4", { [mac("eth0")]: "52:54:00:00:00:99\n", [mac("wlan0")]: "52:54:00:00:00:04\n" }],
  ];
  test.each(machines)("%s: %j", (name, facts) => {
    const { status, output, files } = runLive(members, { facts });
    expect(output).toBe(`This machine is recognized as ${name}.\n`);
    expect(status).toBe(0);
    expect(files).toEqual(filesOf(name));
  });

  test.each([
    [{}],
    [{ [dmi("product_serial")]: "PF" }],
    [{ [dmi("product_serial")]: "PF2\n" }],
    [{ [dmi("product_serial")]: "PF2\n", [mac("eth0")]: "52:54:00:00:00:04 x\n" }],
    [{ [dmi("product_serial")]: "*" }],
    [{ [dmi("chassis_asset_tag")]: "IT-3\n" }],
    [{ [dmi("chassis_asset_tag")]: "PF1 ABC\n" }],
    [{ [mac("lo")]: "52:54:00:00:00:04\n" }],
  ])("another machine without a console installs nothing: %j", (facts) => {
    const { status, output, files } = runLive(members, { facts });
    const reason = "no console can be read";
    expect(output).toBe(
      `NOTHING IS INSTALLED: ${reason}. To try again, start from this medium again.\n`,
    );
    expect(status).toBe(1);
    expect(files).toEqual(nothing(reason));
  });
});

const up = "\u001b[A";
const down = "\u001b[B";
const menu = "Arrow keys and Enter choose";
const facts = { [dmi("product_serial")]: "PF9\u001b[2J\n" };

describe.skipIf(!hasTerminal)("a person at the console (needs Python)", () => {
  test.each([
    ["till-1", `${down}\r`],
    ["till-2", `${down}${down}${down}${up}\r`],
    ["till-5", `${down.repeat(9)}\n`],
    ["till-2", "jjjjkx7\u001bOAj\u001bOA\r"],
  ])(
    "chooses %s by %j",
    (name, typed) => {
      const { status, output, screen, files } = runLive(members, { facts, keys: [[menu, typed]] });
      expect(screen).toContain(
        "Which device is this machine?\nThis machine has:\n  serial number PF9?[2J\n\n-> Install nothing\n   till-1  desk 1\n",
      );
      expect(output).toBe(`This machine was chosen to be ${name}.\n`);
      expect(status).toBe(0);
      expect(files).toEqual(filesOf(name));
    },
    30_000,
  );

  test.each([
    ["nobody chose a device in 2 seconds", [[menu, ""]]],
    ["nobody chose a device in 2 seconds", [[menu, `${down}${down}`]]],
    ["no device was chosen", [[menu, "\r"]]],
    ["no device was chosen", [[menu, `${down}${up}${up}\r`]]],
  ] as const)(
    "installs nothing: %s, %j",
    (reason, keys) => {
      const { status, output, files } = runLive(members, { facts, keys, seconds: 2 });
      expect(output).toBe(
        `NOTHING IS INSTALLED: ${reason}. To try again, start from this medium again.\n`,
      );
      expect(status).toBe(1);
      expect(files).toEqual(nothing(reason));
    },
    30_000,
  );

  test("chooses between the devices that a machine fits", () => {
    const both = { [dmi("product_serial")]: "PF1 ABC", [mac("eth0")]: "52:54:00:00:00:04" };
    const { screen } = runLive(members, { facts: both, keys: [[menu, "\r"]] });
    expect(screen).toContain(
      "This machine fits several devices: till-1 till-4. Which one is it?\n",
    );
  }, 30_000);

  test("scrolls through a long list", () => {
    const many = Array.from({ length: 40 }, (_, index) => member(`till-${index + 1}`));
    const keys = [[menu, `${down.repeat(33)}\r`]] as const;
    const { output, screen } = runLive(many, { keys });
    expect(output).toBe("This machine was chosen to be till-33.\n");
    expect(screen).toContain("    ... 27 more\n");
    expect(screen).toContain("    ... 20 more\n   till-20");
  }, 30_000);
});

const again = "y: yes, n: no";
const installedBefore = ["", "EFI-SYSTEM", "boot", "root"];
const recognized = { [dmi("product_serial")]: "PF2", [mac("eth0")]: "52:54:00:00:00:02" };

describe.skipIf(!hasTerminal)("a machine that was installed (needs Python)", () => {
  test.each([
    [installedBefore, [[again, "y"]], "till-2"],
    [["boot-1", "root-1", "boot-2", "root-2"], [[again, "xY"]], "till-2"],
    [["boot", "data"], undefined, "till-2"],
    [["EFI System Partition", "Microsoft\\x20reserved\\x20partition"], undefined, "till-2"],
    [installedBefore, [[again, "n"]], "it has an installed system, and the answer was no"],
    [
      installedBefore,
      [[again, "\r"]],
      "it has an installed system, and nobody answered in 2 seconds",
    ],
    [installedBefore, undefined, "an installed system was found, and no console can be read"],
  ] as const)(
    "%j: %j",
    (partitions, keys, outcome) => {
      const { status, output, files } = runLive(members, {
        facts: recognized,
        partitions,
        seconds: 2,
        ...(keys && { keys }),
      });
      const isInstalled = outcome === "till-2";
      expect(output.split("\n")[0]).toBe("This machine is recognized as till-2.");
      expect(files).toEqual(isInstalled ? filesOf("till-2") : nothing(outcome));
      expect(status).toBe(isInstalled ? 0 : 1);
    },
    30_000,
  );

  test("is asked after a choice too", () => {
    const keys = [
      [menu, `${down}\r`],
      ["Installing till-1 erases it.", "n"],
    ] as const;
    const { status, files } = runLive(members, { partitions: installedBefore, keys });
    expect(status).toBe(1);
    expect(files).toEqual(nothing("it has an installed system, and the answer was no"));
  }, 30_000);
});

test("what is equal is stored once, and what is one device's is in the store only", () => {
  const files = liveFiles(members);
  const pieces = files.get("/etc/flotilla/site/pieces")?.text ?? "";
  expect(pieces.split('"all"').length).toBe(2);
  for (const [path, { text, mode }] of files) {
    if (path.startsWith("/etc/flotilla/site/")) expect(mode).toBe(0o600);
    else expect(text).not.toContain("the key of");
  }
});
