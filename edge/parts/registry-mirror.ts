/**
 * A container registry that K3s asks first for every image.
 *
 * Source: docs.k3s.io, "Private Registry Configuration" (the wildcard mirror). No credentials: the
 * fleet file is in Git.
 */
import { dump } from "js-yaml";
import { Construct } from "constructs";
import { z } from "zod";
import { registryUrl } from "../../fleet/grammar/web-url.ts";
import { EdgeDevice } from "../device.ts";
import { requireProps } from "../props.ts";

export interface RegistryMirrorProps {
  /** URL of the registry. */
  readonly endpoint: string;
}

const withLogin =
  "this URL contains a login. Write the URL without it, and use ContainerRegistries with a login.";

const schema = z.object({ endpoint: registryUrl("https://mirror.example.com", withLogin) });

export class RegistryMirror extends Construct {
  constructor(scope: Construct, id: string, props: RegistryMirrorProps) {
    super(scope, id);
    requireProps(this, props, schema);
    const inline = dump({ mirrors: { "*": { endpoint: [props.endpoint] } } }, { lineWidth: -1 });
    const path = "/etc/rancher/k3s/registries.yaml";
    EdgeDevice.of(this).addFile(this, { path, mode: 0o644, contents: { inline } });
  }
}
