/**
 * K3s: the newest stable release, and the hashes that its release page lists. The binary's own hash
 * is checked by each device, so nothing of 60 MB is downloaded here.
 */
import { z } from "zod";
import { OperationError } from "../../fleet/files/operation-error.ts";
import type { K3sUpgrade, Pins } from "../../fleet/model/pins.ts";
import { k3sReleasePattern } from "../../fleet/grammar/upgrade-schemas.ts";
import { compareVersions } from "./versions.ts";
import { parseJson, textAt, type Asking } from "./source.ts";
import { flotillaCommand } from "../../fleet/model/advised-commands.ts";

export const k3sChannels = "https://update.k3s.io/v1-release/channels";

export interface K3sWish {
  /** A release; undefined: the lowest of `versions`, or the newest stable one. */
  readonly to: string | undefined;
  /** The releases of `k3s.versions` in the fleet file. */
  readonly versions: readonly string[];
  /** Where K3s says which release is stable. */
  readonly channelsUrl: string;
}

const sizeMax = 1024 * 1024;
const channels = z.object({ data: z.array(z.object({ id: z.string(), latest: z.string() })) });

/** @throws OperationError if there is no such release, or an older one, or one with other bytes */
export async function k3sPin(
  old: Pins["k3s"],
  wish: K3sWish,
  asking: Asking,
): Promise<Pins["k3s"]> {
  if (wish.to !== undefined && !k3sReleasePattern.test(wish.to)) {
    throw new OperationError(
      `${JSON.stringify(wish.to)} is not a valid K3s release. Write one like v1.36.5+k3s1`,
    );
  }
  const version =
    wish.to ?? lowest(wish.versions) ?? (await stableRelease(wish.channelsUrl, asking));
  if (wish.to === undefined && compareVersions(version, old.version) < 0) {
    throw new OperationError(
      `K3s ${version} is older than ${old.version}, which the lock pins. To pin it anyway: ${flotillaCommand("pin")} --only k3s --to ${version}`,
    );
  }
  // This works for a mirror too: its folders have the names of the releases.
  const folder = old.binary.x86_64.url.replace(/\/[^/]+\/[^/]+$/, "");
  const hashes = await hashesOf(folder, version, asking);
  const upgrades: Record<string, K3sUpgrade> = {};
  for (const release of new Set(wish.versions)) {
    const known = old.upgrades?.[release];
    const binary = release === version ? hashes : await hashesOf(folder, release, asking);
    if (known !== undefined) refuseOther(release, known.binary, binary);
    upgrades[release] = { ...known, binary };
  }
  if (version === old.version) {
    const { x86_64, aarch64 } = old.binary;
    refuseOther(version, { x86_64: x86_64.sha256, aarch64: aarch64.sha256 }, hashes);
  }
  const place = `${folder}/${encodeURIComponent(version)}`;
  const binary = {
    x86_64: { url: `${place}/k3s`, sha256: hashes.x86_64 },
    aarch64: { url: `${place}/k3s-arm64`, sha256: hashes.aarch64 },
  };
  // The same release stays at its URL, whatever its spelling.
  const kept = version === old.version ? old.binary : binary;
  const { upgrades: _old, ...rest } = { ...old, version, binary: kept };
  return Object.keys(upgrades).length === 0 ? rest : { ...rest, upgrades };
}

function lowest(versions: readonly string[]): string | undefined {
  return versions.toSorted(compareVersions)[0];
}

async function stableRelease(url: string, asking: Asking): Promise<string> {
  const what = "K3s' list of channels";
  const found = channels.safeParse(parseJson(url, what, await textAt(url, what, sizeMax, asking)));
  const latest = found.data?.data.find(({ id }) => id === "stable")?.latest;
  if (latest !== undefined && k3sReleasePattern.test(latest)) return latest;
  throw new OperationError(`${url}: ${what} has no release of the channel "stable"`);
}

async function hashesOf(
  folder: string,
  release: string,
  asking: Asking,
): Promise<K3sUpgrade["binary"]> {
  const hashOf = async (list: string, name: string): Promise<string> => {
    const url = `${folder}/${encodeURIComponent(release)}/${list}`;
    const what = `the list of hashes of K3s ${release}`;
    const lines = (await textAt(url, what, sizeMax, asking)).split("\n");
    const hashes = lines.flatMap((line) => {
      const [, hash = "", file = ""] = /^([0-9a-f]{64}) [ *](\S+)\r?$/.exec(line) ?? [];
      return file === name ? [hash] : [];
    });
    const [hash, another] = new Set(hashes);
    if (hash === undefined) throw new OperationError(`${url}: ${what} has no line for ${name}`);
    if (another === undefined) return hash;
    throw new OperationError(`${url}: ${what} has two different lines for ${name}`);
  };
  return {
    x86_64: await hashOf("sha256sum-amd64.txt", "k3s"),
    aarch64: await hashOf("sha256sum-arm64.txt", "k3s-arm64"),
  };
}

function refuseOther(
  release: string,
  pinned: K3sUpgrade["binary"],
  found: K3sUpgrade["binary"],
): void {
  for (const architecture of ["x86_64", "aarch64"] as const) {
    if (pinned[architecture] === found[architecture]) continue;
    throw new OperationError(
      `K3s ${release} has another sha256 for ${architecture} than the lock, and a release must never change`,
      { details: [`  pinned  ${pinned[architecture]}`, `  found   ${found[architecture]}`] },
    );
  }
}
