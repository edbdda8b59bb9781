/**
 * What makes a device the hub's own: the right of the hub's user, and the facts of the device. K3s
 * applies what lies in this folder at each start (docs.k3s.io/installation/packaged-components), so
 * that a device whose rights were damaged mends them itself.
 */
import { deviceFactsName, hubUser, systemNamespace } from "../../fleet/model/contract.ts";
import { k3sFolder } from "./k3s.ts";
import type { Contribution, DeviceContext } from "./part.ts";

export function enrolment(context: DeviceContext): Contribution {
  const folder = `${k3sFolder}/manifests`;
  const text = [binding, factsOf(context)].map((object) => `---\n${yaml(object)}`).join("");
  return {
    directories: [{ path: folder, mode: 0o700 }],
    files: [{ path: `${folder}/flotilla.yaml`, mode: 0o600, contents: { inline: text } }],
  };
}

/** Argo CD deploys whatever the fleet declares, definitions and namespaces included. */
const binding = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name: hubUser },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
  subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: hubUser }],
};

function factsOf({ fleet, device }: DeviceContext) {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: deviceFactsName, namespace: systemNamespace },
    data: {
      fleet: fleet.name,
      device: device.name,
      generation: String(device.generation),
      site: device.site.name,
      ring: device.ring,
      profile: device.profile.name,
      architecture: device.profile.architecture,
      k3s: fleet.pins.k3s.version,
      coreos: fleet.pins.coreos.release,
    },
  };
}

/** A key a line, every value as JSON, which is YAML too: a name of digits stays a name. */
function yaml(object: Readonly<Record<string, unknown>>): string {
  return Object.entries(object)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join("");
}
