/** OpenPGP keys of one test file, made by GnuPG in a home of its own. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSigningKey } from "../../../fleet/keys/signing-key.ts";
import type { SigningKey } from "../../../fleet/model/fleet.ts";

/** Tests of signatures are skipped, and say so, where there is no GnuPG. */
export const hasGnuPg = spawnSync("gpg", ["--version"]).status === 0;
if (!hasGnuPg) console.warn("GnuPG (gpg) is missing: signatures of commits are not tested");

export interface KeyHome {
  /** GNUPGHOME. */
  readonly folder: string;
  readonly gpg: (...args: string[]) => string;
  /** Makes a key without a passphrase. @returns its fingerprint */
  readonly make: (name: string, ...rest: string[]) => string;
  readonly armored: (fingerprint: string) => string;
  readonly signingKey: (fingerprint: string) => SigningKey;
  readonly remove: () => void;
}

export function keyHome(): KeyHome {
  // Sockets of GnuPG's agent are in it, and their paths are short.
  const folder = mkdtempSync(join(tmpdir(), "gpg-"));
  const env = { ...process.env, GNUPGHOME: folder };
  const gpg = (...args: string[]) =>
    execFileSync("gpg", ["--batch", "--quiet", "--passphrase", "", ...args], {
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  const armored = (fingerprint: string) => gpg("--export", "--armor", fingerprint);
  return {
    folder,
    gpg,
    armored,
    make(name, algorithm = "ed25519", usage = "sign", expires = "never") {
      gpg("--quick-generate-key", name, algorithm, usage, expires);
      const rows = gpg("--with-colons", "--list-keys", `=${name}`).split("\n");
      return rows.find((row) => row.startsWith("fpr:"))!.split(":")[9]!;
    },
    signingKey(fingerprint) {
      const key = parseSigningKey(armored(fingerprint));
      if ("problem" in key) throw new Error(key.problem);
      return key;
    },
    remove() {
      spawnSync("gpgconf", ["--kill", "all"], { env });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
