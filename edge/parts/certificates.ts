/**
 * The certificate authorities that K3s is to have, where it looks before it makes its own
 * (docs.k3s.io/cli/certificate, "Using Custom CA Certificates"). So the hub knows the device's API
 * server, and the device knows the hub, before the two have ever met.
 */
import type { Contribution, DeviceContext } from "./part.ts";
import { k3sFolder } from "./k3s.ts";

const folder = `${k3sFolder}/tls`;

/** K3s makes these folders with the same mode where they are absent. */
const folderMode = 0o700;

export function certificates({ secrets }: DeviceContext): Contribution {
  const files = [...secrets.authorities].map(([name, text]) => ({
    path: `${folder}/${name}`,
    mode: 0o600,
    contents: { inline: text },
  }));
  const paths = [folder, `${folder}/etcd`];
  return { directories: paths.map((path) => ({ path, mode: folderMode })), files };
}
