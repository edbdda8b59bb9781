import { load } from "js-yaml";
import { expect, test } from "vitest";
import { RegistryMirror } from "../../../edge/parts/registry-mirror.ts";
import { bareDevice, inlineOf } from "../devices.ts";

test("K3s asks it first for every image", () => {
  const endpoint = "https://registry.harbor.example:5000";
  const device = bareDevice();
  new RegistryMirror(device, "registry-mirror", { endpoint });
  expect(load(inlineOf(device, "/etc/rancher/k3s/registries.yaml"))).toEqual({
    mirrors: { "*": { endpoint: [endpoint] } },
  });
});
