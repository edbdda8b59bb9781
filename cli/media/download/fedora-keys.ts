/**
 * The keys that Fedora signs with: one for each release, made about a year before it. They are in
 * `keys/` as Fedora publishes them, and identified by their fingerprints:
 *
 * | release   | fingerprint                                          |
 * | --------- | ---------------------------------------------------- |
 * | Fedora 44 | 36F6 12DC F27F 7D1A 48A8  35E4 DBFC F71C 6D9F 90A6   |
 * | Fedora 45 | 4F50 A611 4CD5 C697 6A7F  1179 655A 4B02 F577 861E   |
 * | Fedora 46 | D924 B10D 3E81 0DAB DD8B  56B5 96E7 E914 9121 1FCE   |
 *
 * Two sources gave the same bytes for each: `signing-keys.asc` of the crate coreos-installer 0.27.0,
 * and `keys/fedora/RPM-GPG-KEY-fedora-<release>-primary` of the project distribution-gpg-keys 1.121.
 * Fedora's own list is at https://fedoraproject.org/security/.
 *
 * For a new release, add its file and its line here and in the test, after comparing two such sources.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { atPath } from "../../../fleet/files/operation-error.ts";
import { installationFolder } from "../../../fleet/files/installation.ts";

/** A public key and its expected fingerprint. */
export interface TrustedKey {
  /** The owner, for messages. */
  readonly name: string;
  /** The release of Fedora that it is for. @default any */
  readonly release?: number;
  /** 40 upper-case hexadecimal digits. */
  readonly fingerprint: string;
  /** The key in OpenPGP's ASCII armour. */
  readonly armored: string;
}

const fingerprints: Readonly<Record<string, string>> = {
  "44": "36F612DCF27F7D1A48A835E4DBFCF71C6D9F90A6",
  "45": "4F50A6114CD5C6976A7F1179655A4B02F577861E",
  "46": "D924B10D3E810DABDD8B56B596E7E91491211FCE",
};

export function fedoraKeys(): readonly TrustedKey[] {
  // The command line may run from a bundle, which does not contain the keys.
  const folder = join(installationFolder(), "cli", "media", "download", "keys");
  return Object.entries(fingerprints).map(([release, fingerprint]) => {
    const file = join(folder, `fedora-${release}.asc`);
    const armored = atPath(file, () => readFileSync(file, "utf8"));
    return { name: `Fedora ${release}`, release: Number(release), fingerprint, armored };
  });
}
