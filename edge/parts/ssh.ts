/** Who may log in: the fleet's OpenSSH keys, as Fedora CoreOS' user `core`, and nobody else. */
import type { Contribution, DeviceContext } from "./part.ts";

export function ssh({ fleet }: DeviceContext): Contribution {
  if (fleet.sshKeys.length === 0) return {};
  return { users: [{ name: "core", ssh_authorized_keys: fleet.sshKeys }] };
}
