/** Signatures as the real gpg makes them, and the keys that Flotilla trusts. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readKey } from "openpgp";
import { describe, expect, test } from "vitest";
import { fedoraKeys, type TrustedKey } from "../../../../cli/media/download/fedora-keys.ts";
import { readSignature } from "../../../../cli/media/download/signature.ts";
import { temporaryFolder } from "../../temporary.ts";

describe("Fedora's keys", () => {
  test("are these and no others", () => {
    const table = fedoraKeys().map(({ name, fingerprint }) => [name, fingerprint]);
    expect(table).toEqual([
      ["Fedora 44", "36F612DCF27F7D1A48A835E4DBFCF71C6D9F90A6"],
      ["Fedora 45", "4F50A6114CD5C6976A7F1179655A4B02F577861E"],
      ["Fedora 46", "D924B10D3E810DABDD8B56B596E7E91491211FCE"],
    ]);
  });

  test.each(fedoraKeys())("$name is what its file holds, and may sign", async (trusted) => {
    const { name, fingerprint, armored } = trusted;
    const key = await readKey({ armoredKey: armored });
    expect(key.isPrivate()).toBe(false);
    expect(key.getFingerprint().toUpperCase()).toBe(fingerprint);
    const release = name.split(" ")[1];
    expect(key.getUserIDs()).toEqual([
      `Fedora (${release}) <fedora-${release}-primary@fedoraproject.org>`,
    ]);
    expect((await key.getSigningKey()).getFingerprint()).toBe(key.getFingerprint());
  });

  test("stand in the table of the documentation", () => {
    const source = join(
      import.meta.dirname,
      "..",
      "..",
      "..",
      "..",
      "cli",
      "media",
      "download",
      "fedora-keys.ts",
    );
    const [head = ""] = readFileSync(source, "utf8").split("import ");
    for (const { name, fingerprint } of fedoraKeys()) {
      const row = head.split("\n").find((line) => line.includes(`| ${name} `)) ?? "";
      expect(row.split("|")[2]?.replaceAll(" ", "")).toBe(fingerprint);
    }
  });
});

const hasGpg = (() => {
  try {
    execFileSync("gpg", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** What gpg signs with a key that it makes for the occasion. */
function gpg(folder: string): (args: readonly string[]) => Buffer {
  const home = join(folder, "home");
  mkdirSync(home, { mode: 0o700 });
  const always = ["--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback"];
  return (args) =>
    execFileSync("gpg", [...always, "--passphrase", "", ...args], {
      stdio: ["ignore", "pipe", "ignore"],
    });
}

describe.skipIf(!hasGpg)("signatures by the real gpg (skipped where there is none)", () => {
  const bytes = Buffer.alloc(100_000, "A file to be signed.\n");

  function keyOf(run: (args: readonly string[]) => Buffer): TrustedKey {
    const list = run(["--with-colons", "--fingerprint", "--list-keys"]).toString();
    const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(list)?.[1] ?? "";
    return { name: "Tester", fingerprint, armored: run(["--armor", "--export"]).toString() };
  }

  test.each([
    // As Fedora's keys are: RSA, the same key certifies and signs.
    ["rsa2048", "SHA256", "sha256"],
    ["rsa2048", "SHA512", "sha512"],
    ["ed25519", "SHA256", "sha256"],
  ])("%s with %s", async (algorithm, digest, hashName) => {
    const folder = temporaryFolder();
    const run = gpg(folder);
    run(["--quick-generate-key", "Tester <tester@example.com>", algorithm, "sign", "never"]);
    const file = join(folder, "file");
    writeFileSync(file, bytes);
    const sign = (...args: string[]) =>
      run(["--digest-algo", digest, ...args, "--output", "-", file]);

    const signature = await readSignature(sign("--detach-sign"), "place", [keyOf(run)]);
    expect(signature).toMatchObject({ hashName, signer: "Tester" });
    await signature.check(createHash(hashName).update(bytes));
    const changed = Buffer.concat([bytes.subarray(1), bytes.subarray(0, 1)]);
    await expect(signature.check(createHash(hashName).update(changed))).rejects.toThrow(
      "place: the signature does not fit the file (Signed digest did not match)",
    );

    // A signature of a text allows other line ends than those of the file.
    const text = sign("--textmode", "--detach-sign");
    await expect(readSignature(text, "place", [keyOf(run)])).rejects.toThrow(
      "place: a signature of a kind that Fedora does not make",
    );
  });

  test("a weak hash is refused", async () => {
    const folder = temporaryFolder();
    const run = gpg(folder);
    run(["--quick-generate-key", "Tester <tester@example.com>", "rsa2048", "sign", "never"]);
    const file = join(folder, "file");
    writeFileSync(file, bytes);
    const sha1 = run(["--digest-algo", "SHA1", "--detach-sign", "--output", "-", file]);
    await expect(readSignature(sha1, "place", [keyOf(run)])).rejects.toThrow(
      "place: a signature of a kind that Fedora does not make",
    );
  });

  test("what a key signed before it expired is good, and nothing that it signed later", async () => {
    const folder = temporaryFolder();
    const run = gpg(folder);
    const at = (date: string) => ["--faked-system-time", `${date}T000000`];
    const name = "Tester <tester@example.com>";
    run([...at("20200101"), "--quick-generate-key", name, "rsa2048", "sign", "never"]);
    const file = join(folder, "file");
    writeFileSync(file, bytes);
    const sign = (date: string) => run([...at(date), "--detach-sign", "--output", "-", file]);
    const [early, late] = [sign("20200201"), sign("20200601")];
    run([...at("20200102"), "--quick-set-expire", keyOf(run).fingerprint, "2020-03-01"]);
    const check = async (signature: Buffer) => {
      const { hashName, check: hold } = await readSignature(signature, "place", [keyOf(run)]);
      await hold(createHash(hashName).update(bytes));
    };
    await check(early);
    await expect(check(late)).rejects.toThrow("place: the signature does not fit the file (");
  });
});
