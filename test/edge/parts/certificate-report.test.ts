/** Runs the script on certificates that openssl makes. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CertificateReport } from "../../../edge/parts/certificate-report.ts";
import { bareDevice, inlineOf, unitOf } from "../devices.ts";

const device = bareDevice();
new CertificateReport(device, "certificate-report");

let folder: string;
let tls: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "certificate-report-"));
  tls = join(folder, "tls");
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, contents: string): void {
  mkdirSync(dirname(join(tls, name)), { recursive: true });
  writeFileSync(join(tls, name), contents);
}

/** A certificate with this many days left. */
function certificate(days: number): string {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];
  const out = ["-keyout", join(folder, "key"), "-subj", "/CN=k3s", "-days", `${days}`];
  return execFileSync("openssl", ["req", "-x509", ...key, ...out], { stdio: "pipe" }).toString();
}

/** What the script reports, in days from now; undefined for what the alert takes for ended. */
function daysLeft(): number | undefined {
  const state = join(folder, "state");
  writeFileSync(join(folder, "script"), inlineOf(device, "/usr/local/bin/report-certificates"));
  const { status } = spawnSync("bash", [join(folder, "script"), state, tls]);
  expect(status).toBe(0);
  expect(readdirSync(state)).toEqual(["certificates.prom"]);
  // node_exporter is another user.
  expect(statSync(join(state, "certificates.prom")).mode & 0o777).toBe(0o644);
  const text = readFileSync(join(state, "certificates.prom"), "utf8");
  const [, seconds] = /^node_flotilla_certificate_end_timestamp_seconds (\d+)\n$/.exec(text) ?? [];
  expect(seconds).toBeDefined();
  if (seconds === "0") return undefined;
  return Math.round((Number(seconds) - Date.now() / 1000) / 86_400);
}

/** The authorities, which the image brings, and the folder that K3s does not renew. */
function others(contents: string): void {
  const names = ["client", "server", "request-header", "etcd/peer", "etcd/server"];
  for (const name of names) write(`${name}-ca.crt`, contents);
  for (const name of ["client", "server"]) write(`${name}-ca.nochain.crt`, contents);
  write("temporary-certs/apiserver-loopback-client__.crt", contents);
}

test("the earliest end of all certificates, in every folder and without the authorities", () => {
  others(certificate(2));
  write("client-admin.crt", certificate(300));
  write("serving-kube-apiserver.crt", certificate(299) + certificate(1));
  write("client-admin.key", "not a certificate");
  expect(daysLeft()).toBe(299);
  write("etcd/server-client.crt", certificate(20));
  expect(daysLeft()).toBe(20);
});

test.each([
  ["an empty file", () => write("client-admin.crt", "")],
  ["a cut-off file", () => write("client-admin.crt", certificate(300).slice(0, 300))],
  ["a folder", () => mkdirSync(join(tls, "client-admin.crt"))],
  ["a link to nothing", () => symlinkSync("nowhere", join(tls, "client-admin.crt"))],
  ["a name with a line break", () => write("a\nb c.crt", "")],
])("what cannot be read counts as ended: %s", (_, make) => {
  write("client-controller.crt", certificate(300));
  expect(daysLeft()).toBe(300);
  make();
  expect(daysLeft()).toBeUndefined();
});

test("no certificate, and no folder, count as ended", () => {
  expect(daysLeft()).toBeUndefined();
  others(certificate(300));
  expect(daysLeft()).toBeUndefined();
});

test("a timer runs it, soon after the start and then regularly", () => {
  const timer = unitOf(device, "flotilla-certificate-report.timer");
  expect(timer).toContain("\nOnBootSec=5min\nOnUnitActiveSec=10min\n");
  const service = unitOf(device, "flotilla-certificate-report.service");
  expect(service).toContain("\nExecStart=/usr/local/bin/report-certificates\n");
});
