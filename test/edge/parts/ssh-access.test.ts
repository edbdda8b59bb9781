import { expect, test } from "vitest";
import { SshAccess } from "../../../edge/parts/ssh-access.ts";
import { bareDevice } from "../devices.ts";

function usersWith(keys: readonly string[]) {
  const device = bareDevice();
  new SshAccess(device, "ssh-access", { keys });
  return device.toConfig().passwd?.users;
}

test("the keys can log in as core", () => {
  const keys = [
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIvZQZ8sPqCJXkLmAYfCnTHVVkTjWwpDHFZ8vRkJwJtd ops",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIvZQZ8sPqCJXkLmAYfCnTHVVkTjWwpDHFZ8vRkJwJtd night",
  ];
  expect(usersWith(keys)).toEqual([{ name: "core", ssh_authorized_keys: keys }]);
});

test("without a key nobody can", () => {
  expect(usersWith([])).toBeUndefined();
});
