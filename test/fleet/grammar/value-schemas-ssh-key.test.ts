import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { sshKey } from "../../../fleet/grammar/value-schemas.ts";

const field = (bytes: string | Buffer) => {
  const content = Buffer.from(bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
};
const line = (type: string, ...fields: readonly Buffer[]) =>
  `${type} ${Buffer.concat([field(type), ...fields.map(field)]).toString("base64")} ada`;

const { n = "", e = "" } = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({
  format: "jwk",
}) as { n?: string; e?: string };
const number = (text: string) => Buffer.concat([Buffer.alloc(1), Buffer.from(text, "base64url")]);
const point = (bytes: number) => Buffer.alloc(bytes, 4);

test.each([
  line("ssh-ed25519", point(32)),
  line("ssh-rsa", number(e), number(n)),
  line("ecdsa-sha2-nistp256", Buffer.from("nistp256"), point(65)),
  line("ecdsa-sha2-nistp521", Buffer.from("nistp521"), point(133)),
  line("sk-ssh-ed25519@openssh.com", point(32), Buffer.from("ssh:")),
  line(
    "sk-ecdsa-sha2-nistp256@openssh.com",
    Buffer.from("nistp256"),
    point(65),
    Buffer.from("ssh:"),
  ),
])("a whole key: %s", (key) => {
  expect(sshKey.safeParse(key).success).toBe(true);
});

test.each([
  ["cut off", line("ssh-ed25519", point(32)).replace(/.{12} ada$/, ""), /is damaged/],
  ["too short", line("ssh-ed25519", point(31)), /is damaged/],
  ["of one byte", "ssh-ed25519 AA", /is damaged/],
  ["with more behind", line("ssh-ed25519", point(32), point(1)), /is damaged/],
  [
    "of another type",
    line("ssh-ed25519", point(32)).replace("ssh-ed25519", "ssh-rsa"),
    /says ssh-rsa, and its key is of the type ssh-ed25519/,
  ],
])("a key %s", (_, key, message) => {
  expect(sshKey.safeParse(key).error?.message).toMatch(message);
});
