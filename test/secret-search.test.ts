import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { RootKey } from "../fleet/keys/root-key.ts";
import { gatewayPrivateKey } from "../fleet/keys/wireguard.ts";
import { hubClientAuthority } from "../fleet/keys/authorities.ts";
import { sampleFleet } from "./sample.ts";
import { derivedSecrets, secretSearch } from "./secret-search.ts";

const keyBytes = Uint8Array.from({ length: 32 }, (_, index) => index * 5 + 3);
const key = new RootKey(keyBytes);
const find = secretSearch(derivedSecrets(sampleFleet, keyBytes));
const raw = Buffer.from(keyBytes);

test.each([
  ["raw", raw],
  ["hexadecimal", `0x${raw.toString("hex")}`],
  ["upper case", raw.toString("hex").toUpperCase()],
  ["base64", `key: ${raw.toString("base64")}\n`],
  ["base64url", `flotilla-root-key-1:${raw.toString("base64url")}`],
  ["percent-encoded", encodeURIComponent(raw.toString("base64"))],
  ["base64 of a text", Buffer.from(`password=${raw.toString("base64")}`).toString("base64")],
  ["base64 of bytes", Buffer.concat([Buffer.from("12"), raw]).toString("base64")],
])("the root key is found: %s", (_encoding, content) => {
  expect(find([["a file", content]])).toEqual(["a file: root key"]);
});

test("what a derived value becomes is found: a WireGuard key, a certificate's private key", () => {
  const files: [string, string][] = [
    ["tunnel", gatewayPrivateKey(sampleFleet, 1, key)],
    ["tls.key", hubClientAuthority(sampleFleet, key, 1).privateKey],
  ];
  expect(find(files)).toEqual(["tls.key: hub-client-ca", "tunnel: wireguard-gateway"]);
});

test("nothing is found where nothing is", () => {
  const files: [string, Buffer | string][] = [
    ["certificate", hubClientAuthority(sampleFleet, key, 1).certificate],
    ["random", gzipSync(Buffer.from(key.derive(["noise"], 4096)))],
  ];
  expect(find(files)).toEqual([]);
});
