/**
 * The certificate authorities of K3s, in the folder in which it looks before it makes its own
 * (docs.k3s.io/cli/certificate, "Using Custom CA Certificates"). So the hub can verify the device's
 * API server, and the device can verify the hub, before they ever met.
 */
import { Construct } from "constructs";
import { z } from "zod";
import type { ButaneDirectory } from "../butane/config.ts";
import { EdgeDevice } from "../device.ts";
import { pem, requireProps } from "../props.ts";
import { k3sFolder } from "./k3s-server.ts";

export interface CertificateAuthoritiesProps {
  /** Certificates and keys as PEM, by file name under K3s' `server/tls`: `etcd/peer-ca.crt`. */
  readonly files: ReadonlyMap<string, string>;
}

const folder = `${k3sFolder}/tls`;

/** K3s makes missing folders with the same mode. */
const directories: readonly ButaneDirectory[] = [folder, `${folder}/etcd`].map((path) => ({
  path,
  mode: 0o700,
}));

const files = z
  .custom<ReadonlyMap<string, string>>((value) => value instanceof Map, {
    error: 'this is not a Map of files. Write new Map([["client-ca.crt", "-----BEGIN …"]]).',
  })
  .check(({ value, issues }) => {
    if (!(value instanceof Map)) return;
    for (const [name, content] of value as ReadonlyMap<unknown, unknown>) {
      const path = [String(name)];
      if (!/^(etcd\/)?[a-z0-9][a-z0-9-]*\.(crt|key|pem)$/.test(String(name))) {
        const message = `${JSON.stringify(name)} is not a file of an authority. Write one like client-ca.crt or etcd/peer-ca.key.`;
        issues.push({ code: "custom", path, message, input: name });
      }
      const [issue] = pem.safeParse(content).error?.issues ?? [];
      if (issue === undefined) continue;
      issues.push({ code: "custom", path, message: issue.message, input: "" });
    }
  });

const schema = z.object({ files });

export class CertificateAuthorities extends Construct {
  constructor(scope: Construct, id: string, props: CertificateAuthoritiesProps) {
    super(scope, id);
    requireProps(this, props, schema);
    const device = EdgeDevice.of(this);
    for (const directory of directories) device.addDirectory(this, directory);
    for (const [name, inline] of props.files) {
      device.addFile(this, { path: `${folder}/${name}`, mode: 0o600, contents: { inline } });
    }
  }
}
