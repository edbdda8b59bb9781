/** Files that an operator's Butane names: read from its own folder, and from nowhere else. */
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { memorySource } from "../../../edge/formats/bytes.ts";
import { embeddedInstall } from "../../../edge/installer/embedded-install.ts";
import { openImage } from "../../../edge/iso/image.ts";
import { sharedPath } from "../../peers/peers.ts";
import { flotilla } from "../command-line.ts";
import { temporaryFolder } from "../temporary.ts";

const skeleton = sharedPath("fixtures/iso/embed-areas-2023-07.x86_64.iso.gz");

const butane = `variant: fcos
version: 1.6.0
passwd:
  users:
    - name: core
      ssh_authorized_keys_local: [keys/till.pub]
storage:
  files:
    - path: /etc/till.conf
      contents: { local: till.conf }
  trees:
    - local: tree
      path: /opt/till
systemd:
  units:
    - name: till.service
      contents_local: till.service
`;

const files: Readonly<Record<string, string>> = {
  "till.conf": "drawer = open\n",
  "till.service": "[Service]\nExecStart=/opt/till/bin/till\n",
  "keys/till.pub": "ssh-ed25519 AAAAC3NzaC1 till@cafe\n",
  "tree/bin/till": "#!/bin/sh\n",
  "tree/share/menu.txt": "espresso\n",
};

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** A first fleet whose first profile has this under `butane`, and these files in `folder`. */
async function fleetWith(
  text: string,
  { inline = false, beside = files }: { inline?: boolean; beside?: typeof files } = {},
): Promise<string> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  await flotilla(folder, ["keygen"]);
  const file = join(folder, "fleet.yaml");
  const before = readFileSync(file, "utf8");
  const value = inline
    ? `|\n${text.replaceAll(/^(?=.)/gm, "      ")}`
    : "{ file: operator/till.bu }\n";
  const after = before.replaceAll(/^( +)architecture: .*\n/gm, `$&$1butane: ${value}`);
  expect(after).not.toBe(before);
  writeFileSync(file, after);
  const own = inline ? folder : join(folder, "operator");
  if (!inline) write(join(own, "till.bu"), text);
  for (const [path, contents] of Object.entries(beside)) write(join(own, path), contents);
  return folder;
}

const deviceFile = (folder: string) =>
  readFileSync(join(folder, "dist", "edge", "cafe-01", "device.ign"), "utf8");

describe.each([
  ["a snippet in a file", false],
  ["a snippet in the fleet file", true],
])("%s", (_name, inline) => {
  test("has its files in what is checked, shown and made", async () => {
    const folder = await fleetWith(butane, { inline });
    expect((await flotilla(folder, ["validate"])).code).toBe(0);
    expect((await flotilla(folder, ["synth", "--only", "edge"])).code).toBe(0);
    const shown = async (path: string) =>
      (await flotilla(folder, ["show", "cafe-01", "--file", path])).out;
    expect(await shown("/etc/till.conf")).toBe(files["till.conf"]);
    expect(await shown("/opt/till/share/menu.txt")).toBe(files["tree/share/menu.txt"]);
    expect(await shown("till.service")).toBe(files["till.service"]);
    expect((await flotilla(folder, ["show", "cafe-01"])).out).toMatch(/core \(1 SSH key\)/);

    // The same files in another folder give the same bytes; another content gives others.
    const first = deviceFile(folder);
    const other = await fleetWith(butane, { inline });
    writeFileSync(join(other, "fleet.key"), readFileSync(join(folder, "fleet.key")));
    await flotilla(other, ["synth", "--only", "edge"]);
    expect(deviceFile(other)).toBe(first);
    write(join(other, inline ? "" : "operator", "till.conf"), "drawer = shut\n");
    await flotilla(other, ["synth", "--only", "edge"]);
    expect(deviceFile(other)).not.toBe(first);
  });
});

test.skipIf(!skeleton)("an image holds them (skipped if ../shared is absent)", async () => {
  const folder = await fleetWith(butane);
  writeFileSync(join(folder, "base.iso"), gunzipSync(readFileSync(skeleton ?? "")));
  const made = await flotilla(folder, [
    "image",
    "cafe-01",
    "--allow-release",
    "--base",
    "base.iso",
  ]);
  expect(made.code).toBe(0);
  await flotilla(folder, ["synth", "--only", "edge"]);
  const image = readFileSync(join(folder, "dist", "edge", "cafe-01", "cafe-01.iso"));
  const device = embeddedInstall(openImage("", memorySource(image)))?.device;
  expect(Buffer.from(device ?? []).toString()).toBe(deviceFile(folder));
});

describe("is a mistake at its line", () => {
  const withFile = (local: string) => `variant: fcos
version: 1.5.0
storage:
  files:
    - path: /etc/till.conf
      contents: { local: ${local} }
`;
  const withTree = (local: string) => `variant: fcos
version: 1.5.0
storage:
  trees:
    - local: ${local}
`;

  async function said(text: string, prepare: (folder: string) => void = () => {}) {
    const folder = await fleetWith(text);
    prepare(join(folder, "operator"));
    const { code, err } = await flotilla(folder, ["validate"]);
    expect(code).toBe(1);
    const [first = ""] = err.split("\n");
    return first;
  }

  test("a file that is not there", async () => {
    expect(await said(withFile("gone.conf"))).toBe(
      "operator/till.bu:6:26: storage.files.0.contents.local: open operator/gone.conf: no such file or directory",
    );
    expect(await said(withTree("gone"))).toBe(
      "operator/till.bu:5:7: storage.trees.0: stat operator/gone: no such file or directory",
    );
  });

  test("a file of a snippet in the fleet file that is not there", async () => {
    const folder = await fleetWith(withFile("gone.conf"), { inline: true });
    const { code, err } = await flotilla(folder, ["synth"]);
    const line = readFileSync(join(folder, "fleet.yaml"), "utf8")
      .split("\n")
      .findIndex((each) => each.includes("gone.conf"));
    expect([code, err.split("\n")[0]]).toEqual([
      1,
      `fleet.yaml:${line + 1}:32: storage.files.0.contents.local: open gone.conf: no such file or directory`,
    ]);
  });

  test("a folder where a file belongs", async () => {
    expect(await said(withFile("tree"))).toContain(": read operator/tree: is a directory");
  });

  test("a path out of the folder", async () => {
    const message = "local file path traverses outside the files directory";
    expect(await said(withFile("../fleet.yaml"))).toBe(
      `operator/till.bu:6:26: storage.files.0.contents.local: ${message}`,
    );
    expect(await said(withTree(".."))).toBe(`operator/till.bu:5:7: storage.trees.0: ${message}`);
  });

  test("a link out of the folder, to a file, to a folder or to the root of a tree", async () => {
    const message = "this path leads out of its folder";
    const toFile = (own: string) => symlinkSync("../fleet.yaml", join(own, "link"));
    expect(await said(withFile("link"), toFile)).toContain(`: open operator/link: ${message}`);
    const toFolder = (own: string) => symlinkSync("..", join(own, "link"));
    expect(await said(withFile("link/fleet.yaml"), toFolder)).toContain(
      `: open operator/link/fleet.yaml: ${message}`,
    );
    expect(await said(withTree("link"), toFolder)).toContain(`: stat operator/link: ${message}`);
    // A folder beside it whose name starts with its name is outside too.
    const toNeighbor = (own: string) => {
      write(`${own}-old/till.conf`, "old\n");
      symlinkSync("../operator-old/till.conf", join(own, "link"));
    };
    expect(await said(withFile("link"), toNeighbor)).toContain(message);
  });

  test("the root key, named or in a tree", async () => {
    const message = "this file contains a root key, which can't be a part of a device";
    for (const name of ["fleet.key", "copy.conf"]) {
      for (const text of [withFile(name), withTree(".")]) {
        const folder = await fleetWith(text, { inline: true });
        if (name !== "fleet.key") copyFileSync(join(folder, "fleet.key"), join(folder, name));
        const { code, err } = await flotilla(folder, ["validate"]);
        expect([code, err]).toEqual([1, expect.stringContaining(`open ${name}: ${message}`)]);
      }
    }
  });
});

test("a link within the folder is refused", async () => {
  const folder = await fleetWith(butane.replace("local: till.conf", "local: current.conf"));
  symlinkSync("till.conf", join(folder, "operator", "current.conf"));
  const { code, err } = await flotilla(folder, ["validate"]);
  expect([code, err]).toEqual([1, expect.stringContaining("this is a symbolic link")]);
});

test("a link in a tree stays a link", async () => {
  const folder = await fleetWith(butane);
  symlinkSync("../../../outside", join(folder, "operator", "tree", "menu"));
  expect((await flotilla(folder, ["validate"])).code).toBe(0);
  const { out, err } = await flotilla(folder, ["show", "cafe-01"]);
  expect(err).toBe("");
  expect(out).toMatch(/link .*\/opt\/till\/menu -> \.\.\/\.\.\/\.\.\/outside/);
});

test("what no snippet names is not read", async () => {
  const folder = await fleetWith(butane);
  // Reading it would fail: it is a link to itself.
  symlinkSync("loop", join(folder, "operator", "loop"));
  expect((await flotilla(folder, ["validate"])).code).toBe(0);
});
