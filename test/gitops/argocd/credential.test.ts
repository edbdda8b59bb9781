/** The script that shows Argo CD the hub's certificate, run as Argo CD runs it. */
import { execFileSync, spawnSync } from "node:child_process";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { synthesizeState } from "../../../gitops/app.ts";
import { sampleFleet, samplePublicKeys } from "../../sample.ts";

interface Values {
  readonly extraObjects: readonly { readonly data: Readonly<Record<string, string>> }[];
  readonly controller: { readonly volumes: unknown };
  readonly server: { readonly volumes: unknown };
}

const values = load(
  synthesizeState(sampleFleet, samplePublicKeys).get("hub/argocd/values.yaml") ?? "",
) as Values;

let folder = "";
let script = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-credential-"));
  script = join(folder, "credential.sh");
  writeFileSync(script, values.extraObjects[0]?.data["credential.sh"] ?? "");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A certificate as the kubelet puts it there: a folder behind a link that is exchanged. */
function place(name: string): void {
  const tls = join(folder, name, "tls");
  mkdirSync(tls, { recursive: true });
  const key = join(tls, "tls.key");
  const options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
  execFileSync(
    "openssl",
    ["req", "-x509", ...options, "-subj", `/CN=${name}`, "-keyout", key, "-out", `${tls}/tls.crt`],
    { stdio: "pipe" },
  );
  const link = join(folder, "tls");
  spawnSync("rm", ["-f", link]);
  symlinkSync(join(folder, name, "tls"), link);
}

function run(shell: string): { status: number | null; stdout: string; stderr: string } {
  const environment = { PATH: process.env["PATH"] };
  return spawnSync(shell, [script], { encoding: "utf8", env: environment });
}

interface ExecCredential {
  readonly apiVersion: string;
  readonly kind: string;
  readonly status: {
    readonly clientCertificateData: string;
    readonly clientKeyData: string;
    readonly expirationTimestamp: string;
  };
}

describe.each(["sh", "bash"])("credential.sh by %s", (shell) => {
  test("prints the certificate, its key, and a time ten minutes ahead", () => {
    place("first");
    const { status, stdout, stderr } = run(shell);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const credential = JSON.parse(stdout) as ExecCredential;
    expect(credential).toMatchObject({
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
    });
    const { clientCertificateData, clientKeyData, expirationTimestamp } = credential.status;
    const derived = createPublicKey(createPrivateKey(clientKeyData));
    expect(derived.equals(createPublicKey(clientCertificateData))).toBe(true);
    expect(expirationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const secondsAhead = (Date.parse(expirationTimestamp) - Date.now()) / 1_000;
    expect(secondsAhead).toBeGreaterThan(590);
    expect(secondsAhead).toBeLessThan(602);
  });

  test("a renewed certificate is the next one", () => {
    place("second");
    const before = run(shell).stdout;
    place("third");
    expect(run(shell).stdout).not.toBe(before);
  });

  test("no certificate is an error that says where to look, and nothing on standard output", () => {
    place("fourth");
    unlinkSync(join(folder, "tls"));
    const { status, stdout, stderr } = run(shell);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("see the Certificate fleet-client in the namespace argocd");
  });
});

test("only the components that talk to devices see the certificate", () => {
  expect(values.controller.volumes).toEqual(values.server.volumes);
  const others = Object.entries(values).filter(([key]) => !["controller", "server"].includes(key));
  expect(JSON.stringify(others)).not.toContain('fleet-client","optional');
});
