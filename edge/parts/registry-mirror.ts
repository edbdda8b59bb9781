/**
 * A container registry that K3s asks first for every image.
 *
 * Source: docs.k3s.io, "Private Registry Configuration" (the wildcard mirror). No credentials: the
 * fleet file is in Git.
 */
import { dump } from "js-yaml";
import { Construct } from "constructs";
import { EdgeDevice } from "../device.ts";

export interface RegistryMirrorProps {
  /** URL of the registry. */
  readonly endpoint: string;
}

export class RegistryMirror extends Construct {
  constructor(scope: Construct, id: string, props: RegistryMirrorProps) {
    super(scope, id);
    const inline = dump({ mirrors: { "*": { endpoint: [props.endpoint] } } }, { lineWidth: -1 });
    const path = "/etc/rancher/k3s/registries.yaml";
    EdgeDevice.of(this).addFile(this, { path, mode: 0o644, contents: { inline } });
  }
}
