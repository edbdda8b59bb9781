import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { k3s } from "../../../edge/parts/k3s.ts";
import { mirror } from "../../../edge/parts/mirror.ts";
import type { DeviceContext } from "../../../edge/parts/part.ts";
import type { Mirror } from "../../../fleet/model/fleet.ts";
import { context, inlineOf } from "./context.ts";

const images = { x86_64: "a".repeat(64), aarch64: "b".repeat(64) };
const none: Mirror = { url: null, imagesSha256: {}, registry: null };

function mirrored(name: string, parts: Partial<Mirror>): DeviceContext {
  const { device, ...rest } = context(name);
  const site = { ...device.site, mirror: { ...none, ...parts } };
  return { ...rest, device: { ...device, site } };
}

const url = "https://mirror.harbor.example/k3s";
const release = `${url}/v1.36.4%2Bk3s1`;

describe("a site's mirror", () => {
  it("adds nothing where there is none", () => {
    expect(mirror(context("store-01"))).toEqual({});
  });

  it("has the binary, of the same hash", () => {
    const there = k3s(mirrored("kiosk-01", { url })).files?.[1];
    const elsewhere = k3s(context("kiosk-01")).files?.[1];
    expect(there?.contents).toEqual({ ...elsewhere?.contents, source: `${release}/k3s-arm64` });
  });

  it.each([
    ["store-01", "amd64", images.x86_64],
    ["kiosk-01", "arm64", images.aarch64],
  ])("gives %s the images for %s", (name, architecture, sha256) => {
    const file = `k3s-airgap-images-${architecture}.tar.zst`;
    expect(mirror(mirrored(name, { url, imagesSha256: images })).files).toEqual([
      {
        path: `/var/lib/rancher/k3s/agent/images/${file}`,
        mode: 0o644,
        contents: { source: `${release}/${file}`, verification: { hash: `sha256-${sha256}` } },
      },
    ]);
  });

  it("is asked first for every image", () => {
    const registry = "https://registry.harbor.example:5000";
    const contribution = mirror(mirrored("store-01", { registry }));
    expect(contribution.files).toHaveLength(1);
    expect(load(inlineOf(contribution, "/etc/rancher/k3s/registries.yaml"))).toEqual({
      mirrors: { "*": { endpoint: [registry] } },
    });
  });
});
