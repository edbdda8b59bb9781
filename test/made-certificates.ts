/** Certificates of a test's own, made by openssl. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface MadeCertificates {
  /** The authority's certificate and its private key, as PEM. */
  readonly authority: string;
  readonly authorityKey: string;
  /** A server's, signed by the authority. */
  readonly server: string;
  readonly serverKey: string;
}

/** @param hosts the names of the server, at least one */
export function makeCertificates(...hosts: readonly string[]): MadeCertificates {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-certificates-"));
  const at = (name: string) => join(folder, name);
  const openssl = (...args: readonly string[][]) =>
    execFileSync("openssl", args.flat(), { stdio: ["ignore", "pipe", "pipe"] });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  try {
    openssl(
      ["req", "-x509", ...key, "-subj", "/CN=Shop Root", "-days", "30"],
      ["-addext", "keyUsage=critical,keyCertSign"],
      ["-keyout", at("ca.key"), "-out", at("ca.pem")],
    );
    writeFileSync(
      at("extensions"),
      `subjectAltName=${hosts.map((host) => `DNS:${host}`).join()}\nbasicConstraints=CA:FALSE\n`,
    );
    openssl([
      "req",
      ...key,
      "-subj",
      `/CN=${hosts[0] ?? ""}`,
      "-keyout",
      at("s.key"),
      "-out",
      at("s.csr"),
    ]);
    openssl(
      ["x509", "-req", "-in", at("s.csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key")],
      ["-CAcreateserial", "-days", "30", "-extfile", at("extensions"), "-out", at("s.pem")],
    );
    const read = (name: string) => readFileSync(at(name), "utf8");
    return {
      authority: read("ca.pem"),
      authorityKey: read("ca.key"),
      server: read("s.pem"),
      serverKey: read("s.key"),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
