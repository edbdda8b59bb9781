/**
 * The archive of K3s' own container images, beside its data: K3s imports it when it starts, so it
 * needs no registry for them.
 *
 * Source: docs.k3s.io, "Air-Gap Install" (manually deployed images).
 */
import { Construct } from "constructs";
import { z } from "zod";
import { sha256 } from "../../fleet/grammar/device-schemas.ts";
import { EdgeDevice } from "../device.ts";
import { downloadUrl, requireProps } from "../props.ts";

export interface ImageArchiveProps {
  /** URL of the archive; its last segment is the file's name: `k3s-airgap-images-amd64.tar.zst`. */
  readonly url: string;
  /** SHA-256 of the archive, in lower-case hexadecimal. */
  readonly sha256: string;
}

const url = downloadUrl.check(({ value, issues }) => {
  if (/\/[A-Za-z0-9][A-Za-z0-9_.%+-]*$/.test(value)) return;
  const message = `${JSON.stringify(value)} does not end with the name of a file. Write one like https://mirror.example.com/k3s-airgap-images-amd64.tar.zst.`;
  issues.push({ code: "custom", message, input: value });
});

const schema = z.object({ url, sha256 });

export class ImageArchive extends Construct {
  constructor(scope: Construct, id: string, props: ImageArchiveProps) {
    super(scope, id);
    requireProps(this, props, schema);
    const name = props.url.slice(props.url.lastIndexOf("/") + 1);
    EdgeDevice.of(this).addFile(this, {
      path: `/var/lib/rancher/k3s/agent/images/${name}`,
      mode: 0o644,
      contents: { source: props.url, verification: { hash: `sha256-${props.sha256}` } },
    });
  }
}
