/** What `flotilla iso` and `flotilla pxe` are as programs: arguments, files, exit codes. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { memorySource } from "../../../../edge/formats/bytes.ts";
import { unpackInitramfs } from "../../../../edge/formats/initramfs.ts";
import { fileInConfig } from "../../../../edge/iso/contents.ts";
import { embeddedIgnition } from "../../../../edge/iso/ignition.ts";
import { openImage } from "../../../../edge/iso/image.ts";
import { peerPath } from "../../../peers/peers.ts";
import { sampleIso } from "../../../edge/formats/sample-iso.ts";
import { flotilla } from "../../command-line.ts";
import { iso } from "./iso-run.ts";
import { temporaryFolder } from "../../temporary.ts";

/** A folder with a small image and a config. */
function folderWithImage(): { readonly image: string; readonly config: string; folder: string } {
  const folder = temporaryFolder();
  const [image, config] = [join(folder, "live.iso"), join(folder, "config.ign")];
  writeFileSync(image, sampleIso({ files: { "IMAGES/IGNITION.IMG": new Uint8Array(8_192) } }));
  writeFileSync(config, "{}");
  return { image, config, folder };
}

const embedded = (path: string) =>
  Buffer.from(
    embeddedIgnition(openImage("", memorySource(readFileSync(path)))) ?? "none",
  ).toString();

describe("the command line", () => {
  const usage = "For more information, try '--help'.\n";
  test.each([
    [["ignition", "show"], "the following required arguments were not provided:\n  <ISO>"],
    [["ignition", "show", "a", "b"], "unexpected argument 'b' found"],
    [["ignition", "show", "--foo", "a"], "unexpected argument '--foo' found"],
    [["kargs", "modify", "-a"], "a value is required for '--append <KARG>' but none was supplied"],
    [["kargs", "modify", "-a", "-o", "x"], "a value is required for '--append <KARG>' but none"],
    [["reset", "-oa", "--output=b", "c"], "the argument '--output <path>' cannot be used multiple"],
    [["reset", "--output", "a", "-ob", "c"], "the argument '--output <path>' cannot be used mult"],
    [["kargs", "show", "-dd", "a"], "the argument '--default' cannot be used multiple times"],
    [["customize", "--force=x", "a"], "unexpected value 'x' for '--force' found; no more were exp"],
    [["network", "embed", "a"], "required arguments were not provided:\n  --keyfile <path>"],
    [
      ["customize", "--network-nmstate", "lab.yml", "a"],
      "invalid value 'lab.yml' for '--network-nmstate <path>': nmstate is not supported; convert " +
        "it to NetworkManager keyfiles (nmstatectl gc <path>) and give each with --network-keyfile",
    ],
    [["nothing"], "unrecognized subcommand 'nothing'"],
    [["kargs", "nothing"], "unrecognized subcommand 'nothing'"],
    [["--nothing"], "unexpected argument '--nothing' found"],
  ])("%j", async (args, message) => {
    const run = await iso(args);
    expect(run).toMatchObject({ code: 2 });
    expect(run.err).toContain(message);
    expect(run.err.startsWith("error: ")).toBe(true);
    expect(run.err.endsWith(usage)).toBe(true);
    expect(run.out.length).toBe(0);
  });

  test("help tells every command and its arguments, on standard output", async () => {
    const all = await iso(["--help"]);
    expect(all.code).toBe(0);
    expect(all.out.toString()).toContain(
      "  kargs modify         Modify kernel args in an ISO image\n",
    );
    expect(all.out.toString()).not.toContain("deprecated");
    const one = (await iso(["kargs", "modify", "-h"])).out.toString();
    expect(one).toContain("Usage: flotilla iso kargs modify [OPTIONS] <ISO>\n");
    expect(one).toContain("  -a, --append <KARG>                 Kernel argument to append\n");
    expect(await iso([])).toMatchObject({ code: 2, err: all.out.toString() });
    expect((await iso(["kargs", "--help"])).out.toString()).toContain("kargs reset");
  });

  test("short options together, values attached, operands anywhere, and --", async () => {
    const { image, config, folder } = folderWithImage();
    const output = join(folder, "out.iso");
    expect((await iso(["ignition", "embed", image, `-fi${config}`, `-o=${output}`])).code).toBe(0);
    expect(embedded(output)).toBe("{}");
    expect((await iso(["ignition", "show", "--", output])).out.toString()).toBe("{}");
  });
});

describe("files", () => {
  test("in place, the image keeps its mode", async () => {
    const { image, config } = folderWithImage();
    chmodSync(image, 0o640);
    expect((await iso(["ignition", "embed", "-i", config, image])).code).toBe(0);
    expect(embedded(image)).toBe("{}");
    expect(statSync(image).mode & 0o777).toBe(0o640);
  });

  test("a new file is never another one, has mode 0600, and nothing is left beside it", async () => {
    const { image, config, folder } = folderWithImage();
    const output = join(folder, "out.iso");
    const args = ["ignition", "embed", "-i", config, "-o", output, image];
    expect((await iso(args)).code).toBe(0);
    expect(statSync(output).mode & 0o777).toBe(0o600);
    expect(await iso(args)).toMatchObject({
      code: 1,
      err: `Error: persisting output file to ${output}\n\nCaused by:\n    File exists (os error 17)\n`,
    });
    expect(readdirSync(folder).toSorted()).toEqual(["config.ign", "live.iso", "out.iso"]);
    expect((await iso(["reset", "-o", "/", image])).err).toBe("Error: no parent directory of /\n");
  });

  test("standard input and output, but no terminal", async () => {
    const { image } = folderWithImage();
    const world = { standardInput: () => Buffer.from("from stdin") };
    const run = await iso(["ignition", "embed", "-o", "-", image], world);
    expect(run.code).toBe(0);
    const source = memorySource(run.out);
    expect(Buffer.from(embeddedIgnition(openImage("", source)) ?? "").toString()).toBe(
      "from stdin",
    );
    expect(embedded(image)).toBe("none");
    expect(await iso(["reset", "-o", "-", image], { ...world, outIsTerminal: true })).toMatchObject(
      {
        code: 1,
        err: "Error: Refusing to write binary data to terminal\n",
      },
    );
  });

  test("folders in place of files", async () => {
    const { image, folder } = folderWithImage();
    mkdirSync(join(folder, "d"));
    const folderError = "Is a directory (os error 21)";
    expect((await iso(["kargs", "reset", join(folder, "d")])).err).toContain(folderError);
    expect((await iso(["ignition", "embed", "-i", join(folder, "d"), image])).err).toContain(
      folderError,
    );
  });

  test("control characters of a damaged image do not reach the terminal", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "bad.iso");
    const pointer = Buffer.from('{"file":"images/\\u001b[31m"}');
    writeFileSync(path, sampleIso({ files: { "COREOS/IGNINFO.JSO": pointer } }));
    const run = await iso(["ignition", "show", path]);
    expect(run.code).toBe(1);
    expect(run.err).not.toContain("\u001b");
  });
});

describe("as commands of flotilla", () => {
  test("iso: its exit codes, and options that are also flotilla's", async () => {
    const { folder } = folderWithImage();
    const run = (...args: string[]) => flotilla(folder, ["iso", ...args]);
    expect((await run("ignition", "embed", "-f", "-i", "config.ign", "live.iso")).code).toBe(0);
    expect(await run("ignition", "show", "live.iso")).toMatchObject({ code: 0, out: "{}" });
    expect(await run("ignition", "embed", "-i", "config.ign", "live.iso")).toEqual({
      code: 1,
      out: "",
      err: "Error: This ISO image already has an embedded Ignition config; use -f to force.\n",
    });
    expect((await run("ignition", "show")).code).toBe(2);
    expect((await run("kargs", "modify", "--help")).out).toContain("Usage: flotilla iso kargs");
    expect((await run("--help")).out).toContain("Commands on a CoreOS live ISO image");
  });

  test("pxe: the appendix holds the device, all files are private", async () => {
    const folder = temporaryFolder();
    await flotilla(folder, ["init"]);
    await flotilla(folder, ["keygen"]);
    const run = await flotilla(folder, ["pxe", "cafe-01"]);
    expect(run.code).toBe(0);
    const made = "dist/edge/cafe-01/pxe";
    const names = ["config.img", "boot.ipxe", "kernel-arguments.txt"];
    expect(run.out).toBe(names.map((name) => `Wrote ${made}/${name}\n`).join(""));
    for (const name of names) expect(statSync(join(folder, made, name)).mode & 0o777).toBe(0o600);

    await flotilla(folder, ["synth", "--only", "edge"]);
    const device = readFileSync(join(folder, "dist/edge/cafe-01/device.ign"));
    const appendix = readFileSync(join(folder, made, "config.img"));
    expect(appendix.length % 512).toBe(0);
    const config = unpackInitramfs(appendix, 2 ** 24).get("config.ign") ?? new Uint8Array();
    const found = fileInConfig(config, "/etc/coreos/dest.ign");
    expect(Buffer.from(found ?? "").equals(device)).toBe(true);
    const installer = peerPath("coreos-installer-0.27.0");
    if (installer) {
      const args = ["pxe", "ignition", "unwrap", join(folder, made, "config.img")];
      expect(execFileSync(installer, args).equals(config)).toBe(true);
    }

    const text = (name: string) => readFileSync(join(folder, made, name), "utf8");
    const [line] = text("kernel-arguments.txt").split("\n");
    expect(line).toMatch(
      /^coreos\.live\.rootfs_url=https:\S+-live-rootfs\.x86_64\.img ignition\.firstboot ignition\.platform\.id=metal$/,
    );
    const script = text("boot.ipxe").split("\n");
    expect(script[0]).toBe("#!ipxe");
    expect(script[2]).toMatch(
      /^kernel https:\S+-live-kernel\.x86_64 initrd=main initrd=config\.img /,
    );
    expect(script[2]).toContain(line);
    expect(script[3]).toMatch(/^initrd --name main https:\S+-live-initramfs\.x86_64\.img$/);
    expect(script.slice(4)).toEqual(["initrd --name config.img config.img", "boot", ""]);
    expect((await flotilla(folder, ["pxe", "nobody"])).code).toBe(1);
    const lock = join(folder, "fleet.lock.yaml");
    const sound = readFileSync(lock, "utf8");
    writeFileSync(lock, sound.replaceAll("-live-iso.x86_64.iso", "-live-iso.aarch64.iso"));
    const other = await flotilla(folder, ["pxe", "cafe-01"]);
    expect([other.code, other.err]).toEqual([
      1,
      expect.stringMatching(
        /^flotilla: the lock pins \S+-live-iso\.aarch64\.iso for x86_64 and the release \S+, which is \S+x86_64\.iso\. /,
      ),
    ]);
    writeFileSync(lock, sound);
    const { out } = await flotilla(folder, ["pxe", "cafe-01", "--json"]);
    expect(JSON.parse(out)).toMatchObject({ device: "cafe-01", files: names });
  });
});
