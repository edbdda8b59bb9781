import { expect, test } from "vitest";
import { CertificateAuthorities } from "../../../edge/parts/certificate-authorities.ts";
import { deviceAuthorities } from "../../../fleet/keys/authorities.ts";
import { RootKey } from "../../../fleet/keys/root-key.ts";
import { sampleFleet } from "../../sample.ts";
import { bareDevice, sampleDevice } from "../devices.ts";

const folder = "/var/lib/rancher/k3s/server/tls";
const key = new RootKey(new Uint8Array(32).fill(3));
const authorities = deviceAuthorities(sampleFleet, sampleDevice("store-01"), key);

const device = bareDevice();
new CertificateAuthorities(device, "authorities", { files: authorities });
const { files = [], directories = [] } = device.toConfig().storage ?? {};

test("they are where K3s looks for custom ones (docs.k3s.io/cli/certificate)", () => {
  expect(files.map(({ path }) => path)).toEqual(
    [
      "client-ca.crt",
      "client-ca.key",
      "etcd/peer-ca.crt",
      "etcd/peer-ca.key",
      "etcd/server-ca.crt",
      "etcd/server-ca.key",
      "request-header-ca.crt",
      "request-header-ca.key",
      "server-ca.crt",
      "server-ca.key",
      "service.key",
    ].map((name) => `${folder}/${name}`),
  );
  for (const { path, contents } of files) {
    expect(contents).toEqual({ inline: authorities.get(path.slice(folder.length + 1)) });
  }
});

test("only root can read them, and enter every folder down to them", () => {
  expect(new Set(files.map(({ mode }) => mode))).toEqual(new Set([0o600]));
  expect(directories).toEqual([
    { path: folder, mode: 0o700 },
    { path: `${folder}/etcd`, mode: 0o700 },
  ]);
});
