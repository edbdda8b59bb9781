/** Pinned versions of software from elsewhere. */
import type { Architecture } from "./device.ts";

/** A download, pinned by its contents. */
export interface Artifact {
  readonly url: string;
  /** Lower-case hexadecimal SHA-256 of the bytes behind `url`. */
  readonly sha256: string;
}

/**
 * A Helm chart, pinned by version. Neither Argo CD nor Terraform checks a digest of a chart from a
 * chart repository: `flotilla pin` does, and refuses a version whose bytes changed. For a chart from an
 * OCI registry Argo CD checks it too.
 */
export interface ChartPin {
  /** URL of the chart repository, or of a registry (`oci://`), without a trailing slash. */
  readonly repository: string;
  readonly version: string;
  /**
   * SHA-256 in lower-case hexadecimal: of the packed chart, or of its manifest in a registry.
   * @default not yet known
   */
  readonly digest?: string;
}

/** What devices verify a K3s release by before they upgrade to it. */
export interface K3sUpgrade {
  /** SHA-256 of the binaries, in lower-case hexadecimal. */
  readonly binary: Readonly<Record<Architecture, string>>;
  /** The image that brings the binary to a device. @default Rancher's by its tag */
  readonly image?: string;
}

/** Registry, name, tag and digest of an image. */
export const imagePattern =
  /^([a-z0-9.-]+(?::[0-9]{1,5})?)\/([a-z0-9]+(?:[._/-]+[a-z0-9]+)*):([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})(?:@(sha256:[0-9a-f]{64}))?$/;

/** The charts that Argo CD installs on the hub, by name: its own and those of the add-ons. */
export interface ChartPins {
  readonly "argo-cd": ChartPin;
  readonly [name: string]: ChartPin;
}

/** The versions that a fleet uses. They are in the lock and change only on purpose. */
export interface Pins {
  readonly k3s: {
    /** A K3s release, `v1.36.4+k3s1`. */
    readonly version: string;
    readonly binary: Readonly<Record<Architecture, Artifact>>;
    /** The releases of `k3s.versions` in the fleet file, by their names. */
    readonly upgrades?: Readonly<Record<string, K3sUpgrade>>;
  };
  readonly coreos: {
    readonly stream: string;
    /** A Fedora CoreOS release, `44.20260621.3.1`. */
    readonly release: string;
    /** The live ISOs. Fedora's detached signature of each is at its URL with `.sig` appended. */
    readonly iso: Readonly<Record<Architecture, Artifact>>;
  };
  readonly charts: ChartPins;
  /**
   * Container images as `name:tag`, or `name:tag@sha256:digest` where the digest is known: of the gateway (`tunnel`, `proxy`, `metrics`), Node (`node`),
   * and on devices Fluent Bit (`agent`) and the upgrade controller (`upgrades`).
   */
  readonly images: Readonly<
    Record<"tunnel" | "proxy" | "metrics" | "node" | "agent" | "upgrades", string>
  >;
}

/** How devices upgrade to a release; undefined if the lock has no hashes of it. */
export function k3sUpgrade(
  { version, binary, upgrades }: Pins["k3s"],
  release: string,
): Required<K3sUpgrade> | undefined {
  // Tags of images have no plus sign.
  const image = `docker.io/rancher/k3s-upgrade:${release.replace("+", "-")}`;
  const pinned = upgrades?.[release];
  if (pinned !== undefined) return { image, ...pinned };
  if (release !== version) return undefined;
  const hashes = { x86_64: binary.x86_64.sha256, aarch64: binary.aarch64.sha256 };
  return { image, binary: hashes };
}
