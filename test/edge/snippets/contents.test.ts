/** Contents that Ignition cannot unpack, and hashes of something else. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { mistakesIn } from "../snippet-fleet.ts";

const written = (rest: string) => `storage: { files: [{ path: /etc/own, contents: { ${rest} } }] }`;
const packed = (...parts: readonly (string | Uint8Array)[]) =>
  `data:;base64,${Buffer.concat(parts.map((part) => Buffer.from(part))).toString("base64")}`;
const hash = (bytes: string | Uint8Array) =>
  `sha256-${createHash("sha256").update(bytes).digest("hex")}`;

const refused: readonly (readonly [string, string, RegExp])[] = [
  [
    "a damaged gzip",
    written("source: 'data:;base64,H4sIAAAAAAAA', compression: gzip"),
    /gzip data/,
  ],
  ["no gzip", written("source: 'data:,own', compression: gzip"), /damaged header/],
  [
    "more after the gzip",
    written(`source: '${packed(gzipSync("a"), "b")}', compression: gzip`),
    /damaged header/,
  ],
  [
    "another hash",
    written(`inline: own, verification: { hash: ${hash("other")} }`),
    /the hash of the contents is sha256-[0-9a-f]{64}, expected/,
  ],
  [
    "another hash, packed",
    written(
      `source: '${packed(gzipSync("own"))}', compression: gzip, verification: { hash: ${hash("other")} }`,
    ),
    /the hash/,
  ],
  [
    "in what is appended",
    "storage: { files: [{ path: /etc/own, append: [{ source: 'data:,own', compression: gzip }] }] }",
    /gzip/,
  ],
  [
    "of a nested configuration",
    `ignition: { config: { merge: [{ inline: '{"ignition":{"version":"3.4.0"}}', verification: { hash: ${hash("")} } }] } }`,
    /the hash/,
  ],
  [
    "a damaged nested configuration",
    "ignition: { config: { merge: [{ source: 'data:,x', compression: gzip }] } }",
    /gzip/,
  ],
];

const accepted: readonly (readonly [string, string])[] = [
  ["packed contents", written(`source: '${packed(gzipSync("own"))}', compression: gzip`)],
  [
    "two members of gzip",
    written(
      `source: '${packed(gzipSync("o"), gzipSync("wn"))}', compression: gzip, verification: { hash: ${hash("own")} }`,
    ),
  ],
  ["a hash", written(`inline: own, verification: { hash: ${hash("own")} }`)],
  [
    "a hash of escaped bytes",
    written(`source: 'data:,%ff', verification: { hash: ${hash(Buffer.from([255]))} }`),
  ],
  [
    "a comma in quotes",
    written(
      `source: 'data:text/plain;charset="a,b";base64,b3du', verification: { hash: ${hash("own")} }`,
    ),
  ],
];

test.each(refused)("refused: %s", (_, rest, message) => {
  const mistakes = mistakesIn(rest);
  expect(mistakes.join("\n")).toMatch(message);
  for (const mistake of mistakes) expect(mistake).toMatch(/^fleet\.yaml:1[5-6]:\d+: [a-z]/);
});

test.each(accepted)("accepted: %s", (_, rest) => {
  expect(mistakesIn(rest)).toEqual([]);
});

/** A certificate of a test's own, which `openssl req -x509` made. */
const certificate = [
  "-----BEGIN CERTIFICATE-----",
  "MIIBLDCB36ADAgECAhRUb9q+xWW3piHNmwhU3qkav6IevjAFBgMrZXAwDDEKMAgG",
  "A1UEAwwBeDAeFw0yNjExMjgyMTQ2NTlaFw0yNzAzMDgyMTQ2NTlaMAwxCjAIBgNV",
  "BAMMAXgwKjAFBgMrZXADIQD2LlIsApSTxVWCrrd2OuyBazPexr6I78KO8wez2KY+",
  "2aNTMFEwHQYDVR0OBBYEFI7uAotwji3etfwko09JsB+MgbxwMB8GA1UdIwQYMBaA",
  "FI7uAotwji3etfwko09JsB+MgbxwMA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VwA0EA",
  "i0fUZs0G0gjb6mU82y4FGGbU2PcQycO/8PHaywv1rYXFRQY857mFB6RkF6QZDZEx",
  "/Pq3PUke4hpZ0mq6150ZDA==",
  "-----END CERTIFICATE-----",
  "",
].join("\n");
const authority = (text: string) =>
  mistakesIn(
    `ignition: { security: { tls: { certificate_authorities: [{ inline: ${JSON.stringify(text)} }] } } }`,
  );

test.each([
  ["nonsense", "found none"],
  [
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "line 1 of the contents begins",
  ],
  [
    `# own\n${certificate}${certificate.replaceAll("CERTIFICATE", "PRIVATE KEY").replace(/M/g, "N")}`,
    "begins a PRIVATE KEY",
  ],
  [`${certificate}\n`, "after the last certificate"],
  [`${certificate}# own\n`, "after the last certificate"],
  ["-----BEGIN A-----\n".repeat(60_000), "found none"],
  [certificate.replaceAll(/^/gm, "  "), "found none"],
])("authorities that Ignition cannot read are refused: %#", (text, message) => {
  expect(authority(text)).toEqual([expect.stringContaining(message)]);
});

test.each([
  certificate,
  certificate.trimEnd(),
  `${certificate}${certificate}`,
  `# own\n${certificate}# other\n${certificate}`,
  certificate.replaceAll("\n", "\r\n"),
  certificate.replace("-----\n", "-----\nA: b\n\n"),
])("authorities that Ignition reads are accepted: %j", (text) => {
  expect(authority(text)).toEqual([]);
});
