/** The check before a K3s upgrade, run by the shells of Debian and of the image (BusyBox). */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sourceText } from "../../../../fleet/files/source-text.ts";
import { temporaryFolder } from "../../../cli/temporary.ts";
import { peerPath } from "../../../peers/peers.ts";

const script = sourceText("gitops/programs/k3s-upgrade/verify.sh");
const busybox = peerPath("emulator-debian-12/busybox");
const shells: readonly (readonly [name: string, command: readonly string[] | undefined])[] = [
  ["dash", ["dash"]],
  ["BusyBox", busybox === undefined ? undefined : [busybox, "sh"]],
];
const binary = Buffer.from("\x7fELF the K3s of this release");
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const right = sha256(binary);
const other = sha256(Buffer.from("another"));

describe.each(shells)("in %s", (_name, shell) => {
  /** @param contents of the binary; undefined: there is none */
  function run(
    contents: Uint8Array | undefined,
    hashes: readonly [x86: string, arm: string],
    machine = "x86_64",
  ) {
    const folder = temporaryFolder();
    const file = join(folder, "k3s");
    if (contents !== undefined) writeFileSync(file, contents);
    // A function, because BusyBox' shell looks for no program of this name.
    const here = `uname() { echo ${machine}; }\n${script}`;
    const upgrade = ["sh", "-c", 'echo "upgraded by $*"', "upgrade.sh", "upgrade", "a b"];
    const [program = "", ...options] = shell ?? [];
    return spawnSync(
      program,
      [...options, "-c", here, "k3s-upgrade", file, ...hashes, ...upgrade],
      {
        encoding: "utf8",
      },
    );
  }

  test.skipIf(shell === undefined)("the right binary upgrades, for either architecture", () => {
    for (const [hashes, machine] of [
      [[right, other], "x86_64"],
      [[other, right], "aarch64"],
    ] as const) {
      const { status, stdout, stderr } = run(binary, hashes, machine);
      expect(stderr).toBe("");
      expect(stdout).toContain(`has the sha256 in the fleet's lock, ${right}\n`);
      expect(stdout).toContain("upgraded by upgrade a b\n");
      expect(status).toBe(0);
    }
  });

  test.skipIf(shell === undefined).each([
    ["another binary", Buffer.from("another release"), [right, right], "x86_64"],
    ["half of it", binary.subarray(0, 10), [right, right], "x86_64"],
    ["one more byte", Buffer.concat([binary, Buffer.from("\n")]), [right, right], "x86_64"],
    ["an empty one", Buffer.alloc(0), [right, right], "x86_64"],
    ["none", undefined, [right, right], "x86_64"],
    ["none, and no hash", undefined, ["", ""], "x86_64"],
    ["the hash of the other architecture", binary, [right, other], "aarch64"],
    ["an unknown machine", binary, [right, right], "riscv64"],
    ["a hash that is cut", binary, [right.slice(0, 32), right], "x86_64"],
  ] as const)("%s does not", (_what, contents, hashes, machine) => {
    const { status, stdout, stderr } = run(contents, hashes, machine);
    expect(stdout).not.toContain("upgraded");
    expect(stderr).toContain("is not the binary in the fleet's lock; nothing is changed");
    expect(status).toBe(1);
  });
});
