/** The device's name, which is also its node name in K3s and its cluster name in Argo CD. */
import type { Contribution, DeviceContext } from "./part.ts";

export function hostname({ device }: DeviceContext): Contribution {
  return {
    files: [{ path: "/etc/hostname", mode: 0o644, contents: { inline: `${device.name}\n` } }],
  };
}
