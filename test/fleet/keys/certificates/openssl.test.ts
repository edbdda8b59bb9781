/** Every certificate of the sample fleet as OpenSSL's command line sees it, at its strictest. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  adminCertificate,
  authorityFiles,
  deviceAuthorities,
  fleetRootCertificate,
  hubClientAuthority,
} from "../../../../fleet/keys/authorities.ts";
import { sampleFleet } from "../../../sample.ts";
import { ann, blocksOf, deviceOf, sampleKey } from "./sample.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

describe.skipIf(!hasOpenssl)("openssl (needs the real tool)", () => {
  let folder = "";

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "flotilla-openssl-"));
    write("root.crt", fleetRootCertificate(sampleFleet, sampleKey));
    write("hub.crt", hubClientAuthority(sampleFleet, sampleKey, 1).certificate);
    for (const device of sampleFleet.devices) {
      const texts = deviceAuthorities(sampleFleet, device, sampleKey);
      for (const [name, text] of texts) write(`${device.name}/${name}`, text);
      for (const name of authorityFiles.filter((file) => file.endsWith("ca.crt"))) {
        write(`${device.name}/${name}.first`, blocksOf(texts.get(name) ?? "")[0] ?? "");
      }
    }
    const { certificate, privateKey } = adminCertificate(
      sampleFleet,
      deviceOf("store-01"),
      sampleKey,
      ann,
    );
    write("admin.crt", certificate);
    write("admin.key", privateKey);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function write(name: string, text: string): void {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }

  function openssl(...args: string[]): string {
    return execFileSync("openssl", args, { cwd: folder, encoding: "utf8", stdio: "pipe" });
  }

  /** At a time when all of them are valid. */
  function verify(root: string, certificate: string, ...options: string[]): string {
    const time = String(ann.notBefore.getTime() / 1000 + 60);
    const strict = ["-x509_strict", "-check_ss_sig", "-attime", time, "-no-CApath", "-no-CAstore"];
    return openssl("verify", ...strict, ...options, "-CAfile", root, certificate);
  }

  const devices = sampleFleet.devices.map(({ name }) => name);
  const selfSigned = ["client-ca", "request-header-ca", "etcd/server-ca", "etcd/peer-ca"];

  test.each(devices)("%s: every self-signed authority verifies by itself", (device) => {
    for (const name of selfSigned) {
      const file = `${device}/${name}.crt.first`;
      expect(verify(file, file)).toBe(`${file}: OK\n`);
    }
  });

  test.each(devices)("%s: the fleet's root signs the server authority", (device) => {
    const file = `${device}/server-ca.crt`;
    expect(verify("root.crt", file)).toBe(`${file}: OK\n`);
  });

  test("a server authority signs for its own device, and for no other", () => {
    const signed = (name: string) => {
      const subject = ["-subj", "/CN=leaf", "-addext", `subjectAltName=DNS:${name},IP:10.0.0.1`];
      const usage = ["-addext", "basicConstraints=critical,CA:FALSE"];
      const signer = ["-CA", "store-01/server-ca.crt", "-CAkey", "store-01/server-ca.key"];
      const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];
      openssl(
        "req",
        "-x509",
        ...key,
        "-keyout",
        "leaf.key",
        ...signer,
        ...subject,
        ...usage,
        "-out",
        "leaf.crt",
      );
      // The leaf is of this very day.
      const chain = ["-untrusted", "store-01/server-ca.crt", "-purpose", "sslserver"];
      return openssl(
        "verify",
        ...chain,
        "-verify_hostname",
        name,
        "-CAfile",
        "root.crt",
        "leaf.crt",
      );
    };
    expect(signed("store-01.g2.harbor.internal")).toBe("leaf.crt: OK\n");
    expect(() => signed("store-01.harbor.internal")).toThrow(/permitted subtree violation/);
    expect(() => signed("kiosk-01.harbor.internal")).toThrow(/permitted subtree violation/);
  });

  test.each(["root.crt", "hub.crt"])("%s verifies by itself", (file) => {
    expect(verify(file, file)).toBe(`${file}: OK\n`);
  });

  test("an administrator is a client at one device", () => {
    const verified = verify("store-01/client-ca.crt", "admin.crt", "-purpose", "sslclient");
    expect(verified).toBe("admin.crt: OK\n");
    expect(() => verify("kiosk-01/client-ca.crt", "admin.crt")).toThrow();
    expect(() => verify("store-01/client-ca.crt", "admin.crt", "-purpose", "sslserver")).toThrow();
  });

  test("every key is sound, and in the traditional form", () => {
    const names = authorityFiles.filter((file) => file.endsWith(".key"));
    for (const key of [
      ...devices.flatMap((each) => names.map((n) => `${each}/${n}`)),
      "admin.key",
    ]) {
      expect(openssl("ec", "-in", key, "-check", "-noout"), key).not.toMatch(/invalid/i);
      expect(openssl("ec", "-in", key).startsWith("-----BEGIN EC PRIVATE KEY-----")).toBe(true);
    }
  });

  test("what a server authority says, in words", () => {
    const shown = openssl("x509", "-in", "store-01/server-ca.crt", "-noout", "-text");
    const extensions = shown.slice(shown.indexOf("X509v3 extensions"));
    const words = extensions.split("Signature Algorithm")[0]?.replaceAll(/^ +/gm, "");
    expect(words?.replaceAll(/([0-9A-F]{2}:){19}[0-9A-F]{2}/g, "<key>")).toContain(
      `X509v3 Basic Constraints: critical
CA:TRUE, pathlen:0
X509v3 Key Usage: critical
Certificate Sign
X509v3 Extended Key Usage: 
TLS Web Server Authentication
X509v3 Name Constraints: critical
Permitted:
DNS:store-01.g2.harbor.internal
DNS:store-01
DNS:localhost
DNS:kubernetes
DNS:kubernetes.default
DNS:kubernetes.default.svc
DNS:kubernetes.default.svc.cluster.local
X509v3 Subject Key Identifier: 
<key>
X509v3 Authority Key Identifier: 
`,
    );
  });
});
