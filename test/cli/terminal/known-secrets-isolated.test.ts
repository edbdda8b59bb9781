/** What other programs print, without the secrets of this run in any spelling. */
import { createPrivateKey } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { keepEnvironment, keepSecret, maskSecrets } from "../../../cli/terminal/known-secrets.ts";
import {
  keyMaterialBytes,
  privateKeyPem,
  signingKey,
} from "../../../fleet/keys/certificates/p256.ts";
import { formatRootKey, RootKey } from "../../../fleet/keys/root-key.ts";

const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => (index * 37 + 200) % 256));
const key = new RootKey(bytes);
const token = Buffer.from(key.derive(["harbor", "k3s-token", "store-0001", 1]));
const wireguard = Buffer.from(key.derive(["harbor", "wireguard", "store-0001", 1]));
wireguard[0]! &= 248;
wireguard[31] = (wireguard[31]! & 127) | 64;
const password = "correct horse+battery/staple";
keepSecret(password);
keepEnvironment({
  GITHUB_TOKEN: "canary-of-github",
  SSH_AUTH_SOCK: "/run/ssh-agent",
  HOME: "/home/ada",
});

const wrapped = (text: string, length: number, end: string) =>
  text.replaceAll(new RegExp(`.{${length}}`, "g"), `$&${end}`);
const spellings: Readonly<Record<string, (secret: Buffer) => string>> = {
  base64: (secret) => secret.toString("base64"),
  "base64 without padding": (secret) => secret.toString("base64").replaceAll("=", ""),
  base64url: (secret) => secret.toString("base64url"),
  hexadecimal: (secret) => secret.toString("hex"),
  "upper case": (secret) => secret.toString("hex").toUpperCase(),
  "with colons": (secret) => wrapped(secret.toString("hex"), 2, ":"),
  "in lines": (secret) => wrapped(secret.toString("base64"), 10, "\n"),
  "in lines of a server's hook": (secret) => wrapped(secret.toString("base64"), 20, "\nremote: "),
  "percent-encoded": (secret) => encodeURIComponent(secret.toString("base64")),
  "base64 of base64": (secret) => Buffer.from(secret.toString("base64")).toString("base64"),
  "base64 of a text with it": (secret) =>
    Buffer.from(`key: ${secret.toString("base64url")}\n`).toString("base64"),
  "base64 of hexadecimal": (secret) =>
    Buffer.from(`a=${secret.toString("hex")}`).toString("base64"),
  "escaped twice": (secret) => JSON.stringify(JSON.stringify(`\n${secret.toString("base64")}\n`)),
  "escapes of slashes": (secret) =>
    secret
      .toString("base64")
      .replaceAll("/", String.raw`\/`)
      .replaceAll("+", String.raw`\u002b`),
  "with colours": (secret) => wrapped(secret.toString("base64"), 8, "\u001b[31m"),
};

/** How much of a secret is left, whatever stands between its characters. */
function isLeft(masked: string, form: string): boolean {
  const rest = masked.replaceAll(/<secret>|remote: |\u001b\[31m|\\+n|[\s:"\\]/g, "").toLowerCase();
  const plain = form.replaceAll(/remote: |\u001b\[31m|\\+n|[\s:"\\]/g, "").toLowerCase();
  return Array.from({ length: plain.length - 12 }, (_, at) => plain.slice(at, at + 12)).some(
    (part) => rest.includes(part),
  );
}

test.each(
  Object.entries(spellings).flatMap(([name, spell]) => [
    ["the root key", name, spell(bytes)],
    ["a token", name, spell(token)],
    ["a key of WireGuard", name, spell(wireguard)],
  ]),
)("%s is masked: %s", (_, _name, form) => {
  for (const text of [
    form,
    `PrivateKey: ${form}\nnext`,
    `hint: [${form}], done`,
    `a${"\n"}${form}`,
  ]) {
    expect(isLeft(maskSecrets(text), form)).toBe(false);
  }
});

test("the file of the root key is masked, and so is every half of it", () => {
  const file = formatRootKey(bytes);
  expect(maskSecrets(`>${file}`)).toBe(">flotilla-root-key-1:<secret>\n");
  const text = file.trim().slice("flotilla-root-key-1:".length);
  for (let at = 0; at + 20 < text.length; at++) {
    expect(isLeft(maskSecrets(`x ${text.slice(at, at + 20)} y`), text.slice(at, at + 20))).toBe(
      false,
    );
  }
});

const material = key.derive(["harbor", "server-ca", "store-0001", 1], keyMaterialBytes);
const pemOfKey = privateKeyPem(signingKey(material));
const { d = "" } = createPrivateKey(pemOfKey).export({ format: "jwk" });
test.each([
  ["as in a JWK", d],
  ["in hexadecimal", Buffer.from(d, "base64url").toString("hex")],
  ["in PEM without its marks", pemOfKey.replaceAll(/-----.*-----\n/g, "")],
])("the private key of a certificate is masked: %s", (_, text) => {
  expect(maskSecrets(text).trim()).toMatch(/^<secret>=*$/);
});

test.each([
  ["a password", password],
  ["a password in hexadecimal", Buffer.from(`x=${password}`).toString("hex")],
  ["a password in a dump", wrapped(Buffer.from(`x=${password}`).toString("hex"), 2, " ")],
  ["a password in UTF-16", Buffer.from(`x=${password}`, "utf16le").toString("base64")],
  ["a password in a URL", encodeURIComponent(password)],
  ["a password in JSON", JSON.stringify({ password })],
  ["a login", Buffer.from(`ada:${password}`).toString("base64")],
  ["a variable", "canary-of-github"],
  ["a variable in base64", Buffer.from("x-access-token:canary-of-github").toString("base64")],
])("%s is masked", (_, text) => {
  const masked = maskSecrets(text);
  expect(masked).toContain("<secret>");
  for (const part of ["horse", "staple", "canary-of-github"]) expect(masked).not.toContain(part);
  const rest = masked.replaceAll(/<secret>|\s/g, "");
  for (const encoding of ["base64", "hex"] as const) {
    const decoded = Buffer.from(rest, encoding).toString("latin1").replaceAll("\0", "");
    for (const part of ["horse", "staple", "canary-of"]) expect(decoded).not.toContain(part);
  }
});

const pem = `-----BEGIN EC PRIVATE KEY-----\n${"MHcCAQEEIPq2\n".repeat(3)}-----END EC PRIVATE KEY-----\n`;
test.each([
  ["PEM", pem, "MHcCAQ"],
  ["PEM in JSON", JSON.stringify({ key: pem }), "MHcCAQ"],
  ["PEM in Ignition", `data:,${encodeURIComponent(pem)}`, "MHcCAQ"],
  ["PEM without an end", pem.slice(0, 60), "MHcCAQ"],
  ["PEM in base64", `client-key-data: ${Buffer.from(pem).toString("base64")}`, "LS0t"],
  ["a URL", "https://ada:hunter2@git.example/x", "hunter2"],
  ["a header", "Authorization: Bearer abc.def-ghi", "abc.def"],
  ["a token of GitHub", `ghp_${"a1".repeat(18)}`, "a1a1"],
  ["a token of Google", `ya29.${"a1".repeat(18)}`, "a1a1"],
  ["a WireGuard key of others", `PrivateKey = ${"A1b2".repeat(10)}AAA=`, "A1b2"],
])("what looks like a secret is masked: %s", (_, text, part) => {
  expect(maskSecrets(text)).not.toContain(part);
});

test("everything else stays as it is", () => {
  const texts = [
    "To ssh://git.example/fleet.git\n ! [rejected] main -> main (fetch first)",
    "commit 2fb00eb0a1b2c3d4e5f60718293a4b5c6d7e8f9001122334",
    `PublicKey = ${Buffer.alloc(32, 3).toString("base64")}`,
    "google_container_cluster.hub: Still creating... [10s elapsed]",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "/run/ssh-agent /home/ada",
  ];
  for (const text of texts) expect(maskSecrets(text)).toBe(text);
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => maskSecrets(text) === text));
});

test("the time that masking takes grows with the text, not with its square", () => {
  const text = `${"google_compute_network.hub: a word, ZGF0YQ== and another\n".repeat(5000)}${bytes.toString("base64")}`;
  const used = process.cpuUsage();
  expect(maskSecrets(text)).toMatch(/<secret>=?$/);
  // Some two seconds alone, and several minutes if every place were compared with every other.
  expect(process.cpuUsage(used).user / 1e6).toBeLessThan(20);
});
