/** The people who may log in to a device. */
import { Construct } from "constructs";
import type { User } from "../fleet/model/machine.ts";
import { outsideSecret } from "../fleet/model/secret-reference.ts";
import type { DeviceSecrets } from "../fleet/model/secrets.ts";
import type { EdgeDevice } from "./device.ts";
import { LocalUser } from "./parts/local-user.ts";
import { SshAccess } from "./parts/ssh-access.ts";

/**
 * Fedora CoreOS' own user, and those that are declared.
 *
 * @param sshKeys of the fleet
 */
export function addUsers(
  edge: EdgeDevice,
  sshKeys: readonly string[],
  users: readonly User[] = [],
  { outside }: DeviceSecrets,
): void {
  if (users.every(({ name }) => name !== "core")) {
    new SshAccess(edge, "ssh-access", { keys: sshKeys });
  }
  if (users.length === 0) return;
  const scope = new Construct(edge, "users");
  for (const { name, sshKeys: own, passwordHash, groups } of users) {
    const keys = name === "core" ? [...new Set([...sshKeys, ...own])] : own;
    const hash = passwordHash && outsideSecret(outside, passwordHash);
    new LocalUser(scope, name, {
      name,
      keys,
      groups,
      ...(hash !== null && { passwordHash: hash }),
    });
  }
}
