import { expect, test } from "vitest";
import { ImageArchive } from "../../../edge/parts/image-archive.ts";
import { bareDevice } from "../devices.ts";

test("it is where K3s imports archives from, under its own name", () => {
  const device = bareDevice();
  const url = "https://mirror.harbor.example/v1.36.4%2Bk3s1/k3s-airgap-images-amd64.tar.zst";
  new ImageArchive(device, "image-archive", { url, sha256: "a".repeat(64) });
  expect(device.toConfig().storage?.files).toEqual([
    {
      path: "/var/lib/rancher/k3s/agent/images/k3s-airgap-images-amd64.tar.zst",
      mode: 0o644,
      overwrite: true,
      contents: { source: url, verification: { hash: `sha256-${"a".repeat(64)}` } },
    },
  ]);
});
