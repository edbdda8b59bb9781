import { expect, test } from "vitest";
import { LocalUser, type LocalUserProps } from "../../../edge/parts/local-user.ts";
import { bareDevice } from "../devices.ts";

const passwordHash = "$y$j9T$saltsalt$hashhash";

function userWith(props: LocalUserProps) {
  const device = bareDevice();
  new LocalUser(device, "user", props);
  return device.toConfig().passwd?.users;
}

test("it has what is declared, and nothing else", () => {
  expect(userWith({ name: "ann" })).toEqual([{ name: "ann" }]);
  const keys = [
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIvZQZ8sPqCJXkLmAYfCnTHVVkTjWwpDHFZ8vRkJwJtd ann",
  ];
  expect(userWith({ name: "ann", keys, passwordHash, groups: ["wheel"] })).toEqual([
    { name: "ann", ssh_authorized_keys: keys, password_hash: passwordHash, groups: ["wheel"] },
  ]);
});
