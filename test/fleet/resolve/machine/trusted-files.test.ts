/** Files with certificate authorities: which are accepted, and the words on each mistake. */
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { makeCertificates } from "../../../made-certificates.ts";
import { devicesOf, mistakesOf } from "./machine-fleet.ts";

const { authority, authorityKey, server } = makeCertificates("registry.shop.example");
const other = makeCertificates("b.shop.example").authority;
const trust = (...names: readonly string[]) =>
  `certificateAuthorities: [${names.map((name) => JSON.stringify(name)).join(", ")}]`;

describe("accepted are", () => {
  test.each([
    ["one certificate", authority, authority],
    ["several, each once", `${authority}${other}${authority}`, authority + other],
    ["with comments around them", `Shop Root\n=====\n${authority}\nend\n`, authority],
    ["with the line ends of Windows", authority.replaceAll("\n", "\r\n"), authority],
    ["in one long line", inOneLine(authority), authority],
  ])("%s", (_name, text, pem) => {
    const [first] = devicesOf({ site: trust("ca.pem") }, { "ca.pem": text });
    expect(first.machine?.trustedFiles).toEqual([{ name: "ca.pem", pem }]);
  });

  test("those of the last level", () => {
    const levels = { profile: trust("a.pem"), override: trust("certificates/b.pem") };
    const devices = devicesOf(levels, { "a.pem": authority, "certificates/b.pem": other });
    expect(devices.map(({ machine }) => machine?.trustedFiles?.map(({ name }) => name))).toEqual([
      ["a.pem"],
      ["certificates/b.pem"],
    ]);
  });
});

function inOneLine(text: string): string {
  const [begin, ...lines] = text.trim().split("\n");
  return `${begin}\n${lines.slice(0, -1).join("")}\n${lines.at(-1)}\n`;
}

const old = execFileSync(
  "openssl",
  ["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-keyout", "/dev/null"],
  { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
);
const privateKey =
  "this is a private key. Remove it from this file and do not use it any more: the file is in Git. Write certificates only.";

describe("a mistake is at its line", () => {
  const at = "12:30: sites.boston.certificateAuthorities.0:";
  test.each([
    ["ca.pem", undefined, `${at} file not found: "ca.pem". Write a PEM file.`],
    [
      "ca.pem",
      "",
      `${at} "ca.pem" contains no certificate. Write a PEM file, with the line -----BEGIN CERTIFICATE-----.`,
    ],
    [
      "ca.pem",
      "0\u0082",
      `${at} "ca.pem" contains no certificate. Write a PEM file, with the line -----BEGIN CERTIFICATE-----.`,
    ],
    [
      "ca.pem",
      `${authority}${authorityKey}`,
      `ca.pem:${authority.split("\n").length}:1: ${privateKey}`,
    ],
    ["ca.pem", "-----BEGIN RSA PRIVATE KEY-----\n", `ca.pem:1:1: ${privateKey}`],
    [
      "ca.pem",
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----",
      `ca.pem:1:1: ${privateKey}`,
    ],
    [
      "ca.pem",
      `\n\n${server}`,
      'ca.pem:3:1: the certificate of "registry.shop.example" is not one of an authority (CA:TRUE is missing). Write the certificate of the authority that signs it.',
    ],
    [
      "ca.pem",
      old,
      "ca.pem:1:1: found a CERTIFICATE REQUEST, expected a CERTIFICATE. Write certificates only.",
    ],
    [
      "ca.pem",
      authority.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE"),
      "ca.pem:1:1: found a TRUSTED CERTIFICATE, expected a CERTIFICATE. Write certificates only.",
    ],
    [
      "ca.pem",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
      "ca.pem:1:1: this is not a valid certificate. Export it again, in PEM.",
    ],
    [
      "ca.pem",
      "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
      "ca.pem:1:1: this is not a valid certificate. Export it again, in PEM.",
    ],
    [
      "ca.pem",
      authority.replace("M", "!"),
      "ca.pem:1:1: this is not a valid certificate. Export it again, in PEM.",
    ],
    [
      "ca.pem",
      authority.slice(0, -30),
      "ca.pem:1:1: the line -----END CERTIFICATE----- is missing. Write the whole certificate.",
    ],
    [
      "../ca.pem",
      authority,
      `${at} "../ca.pem" leads out of this file's folder. Copy the file into it, and write a path like company-ca.pem.`,
    ],
    [
      "a/../../ca.pem",
      authority,
      `${at} "a/../../ca.pem" leads out of this file's folder. Copy the file into it, and write a path like company-ca.pem.`,
    ],
    [
      "/etc/ca.pem",
      authority,
      `${at} "/etc/ca.pem" is an absolute path. Write a path below this file's folder, like company-ca.pem.`,
    ],
    [
      "C:\\ca.pem",
      authority,
      `${at} "C:\\\\ca.pem" is an absolute path. Write a path below this file's folder, like company-ca.pem.`,
    ],
    ["", authority, `${at} this path is empty. Write one like company-ca.pem.`],
    [
      authority,
      "",
      `${at} this is the text of a certificate. Write it to a file, and write the path of the file here, like company-ca.pem.`,
    ],
  ])("%j with %j", (name, text, mistake) => {
    const files = text === undefined ? {} : { [name]: text };
    expect(mistakesOf({ site: trust(name) }, files)).toEqual([mistake]);
  });

  test("a list that is empty, or has a file twice", () => {
    expect(mistakesOf({ site: "certificateAuthorities: []" })).toEqual([
      "12:29: sites.boston.certificateAuthorities: this list is empty. Write at least one file, or omit the key.",
    ]);
    expect(mistakesOf({ site: trust("a", "a") }, { a: authority })).toEqual([
      '12:35: sites.boston.certificateAuthorities.1: "a" appears twice in this list. Delete one.',
    ]);
  });

  test("that of two files is reported for both", () => {
    const levels = { range: trust("a.pem"), override: trust("b.pem") };
    expect(mistakesOf(levels, { "a.pem": authorityKey, "b.pem": authorityKey })).toEqual([
      `a.pem:1:1: ${privateKey}`,
      `b.pem:1:1: ${privateKey}`,
    ]);
  });

  test("of a file full of mistakes the first twenty", () => {
    const text = "-----BEGIN CERTIFICATE-----\n".repeat(30_000);
    expect(mistakesOf({ site: trust("a") }, { a: text })).toHaveLength(20);
  });

  test("every one, not only the first", () => {
    const text = `${server}${authority}${server}`;
    expect(mistakesOf({ site: trust("a", "b") }, { a: text })).toHaveLength(3);
  });
});
