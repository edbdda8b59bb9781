/**
 * The archive of K3s' own container images, beside its data: K3s imports it when it starts, so it
 * needs no registry for them.
 *
 * Source: docs.k3s.io, "Air-Gap Install" (manually deployed images).
 */
import { Construct } from "constructs";
import { EdgeDevice } from "../device.ts";

export interface ImageArchiveProps {
  /** URL of the archive; its last segment is the file's name: `k3s-airgap-images-amd64.tar.zst`. */
  readonly url: string;
  /** SHA-256 of the archive, in lower-case hexadecimal. */
  readonly sha256: string;
}

export class ImageArchive extends Construct {
  constructor(scope: Construct, id: string, props: ImageArchiveProps) {
    super(scope, id);
    const name = props.url.slice(props.url.lastIndexOf("/") + 1);
    EdgeDevice.of(this).addFile(this, {
      path: `/var/lib/rancher/k3s/agent/images/${name}`,
      mode: 0o644,
      contents: { source: props.url, verification: { hash: `sha256-${props.sha256}` } },
    });
  }
}
