/**
 * Where a site's devices get K3s and images from, in place of the internet: the release's files from
 * a mirror of its folder, the archive of K3s' own images beside its data (which it imports when it
 * starts), and a registry to ask first for every other image.
 *
 * Source: docs.k3s.io, "Air-Gap Install" (manually deployed images) and "Private Registry
 * Configuration" (the wildcard mirror). No credentials: the fleet file is in Git.
 */
import { dump } from "js-yaml";
import type { ButaneFile } from "../butane/config.ts";
import type { Contribution, DeviceContext } from "./part.ts";

/** Kubernetes' names for the architectures. */
const releaseNames = { x86_64: "amd64", aarch64: "arm64" } as const;

const imagesFolder = "/var/lib/rancher/k3s/agent/images";
const registriesFile = "/etc/rancher/k3s/registries.yaml";

/** Where the device fetches a file of the pinned release that the internet has at `url`. */
export function releaseUrl({ fleet, device }: DeviceContext, url: string): string {
  const base = device.site.mirror?.url;
  const name = url.slice(url.lastIndexOf("/") + 1);
  return base ? `${base}/${encodeURIComponent(fleet.pins.k3s.version)}/${name}` : url;
}

export function mirror(context: DeviceContext): Contribution {
  const { site, profile } = context.device;
  if (site.mirror === null) return {};
  const { imagesSha256, registry } = site.mirror;
  const sha256 = imagesSha256[profile.architecture];
  const files: ButaneFile[] = [];
  if (sha256 !== undefined) {
    const name = `k3s-airgap-images-${releaseNames[profile.architecture]}.tar.zst`;
    const contents = {
      source: releaseUrl(context, name),
      verification: { hash: `sha256-${sha256}` },
    };
    files.push({ path: `${imagesFolder}/${name}`, mode: 0o644, contents });
  }
  if (registry !== null) {
    const inline = dump({ mirrors: { "*": { endpoint: [registry] } } }, { lineWidth: -1 });
    files.push({ path: registriesFile, mode: 0o644, contents: { inline } });
  }
  return { files };
}
