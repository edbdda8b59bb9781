import { describe, expect, it } from "vitest";
import { certificates } from "../../../edge/parts/certificates.ts";
import { deviceAuthorities } from "../../../fleet/keys/authorities.ts";
import { RootKey } from "../../../fleet/keys/root-key.ts";
import { sampleFleet } from "../../sample.ts";
import { context } from "./context.ts";

const folder = "/var/lib/rancher/k3s/server/tls";

describe("certificates", () => {
  it("are where K3s looks for custom ones (docs.k3s.io/cli/certificate)", () => {
    const { device, ...rest } = context("store-01");
    const key = new RootKey(new Uint8Array(32).fill(3));
    const authorities = deviceAuthorities(sampleFleet, device, key);
    const secrets = { ...rest.secrets, authorities };
    const { files = [] } = certificates({ ...rest, device, secrets });
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

  it("are open to root alone, and so is every folder down to them", () => {
    const { files = [], directories = [] } = certificates(context("store-01"));
    expect(new Set(files.map(({ mode }) => mode))).toEqual(new Set([0o600]));
    expect(directories).toEqual([
      { path: folder, mode: 0o700 },
      { path: `${folder}/etcd`, mode: 0o700 },
    ]);
  });
});
