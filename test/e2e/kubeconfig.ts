/** A kubeconfig that names files, so that a certificate renewed in place is used; and logins without one. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Pair } from "./certificates.ts";

/**
 * @param authority file of the certificates that the server's must be signed by
 * @returns the path of the kubeconfig
 */
export function writeKubeconfig(
  path: string,
  server: string,
  authority: string,
  user: Pair,
): string {
  const name = "flotilla";
  const content = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    clusters: [{ name, cluster: { server, "certificate-authority": authority } }],
    users: [{ name, user: { "client-certificate": user.certificate, "client-key": user.key } }],
  };
  writeFileSync(path, JSON.stringify(content), { mode: 0o600 });
  return path;
}

/** The user of a kubeconfig that `writeKubeconfig` wrote. */
export function userOf(path: string): Pair {
  const { users } = JSON.parse(readFileSync(path, "utf8")) as {
    users: { user: Record<"client-certificate" | "client-key", string> }[];
  };
  const { "client-certificate": certificate, "client-key": key } = users[0]!.user;
  return { certificate, key };
}

/** What a login plugin prints for a user, and a script in sh that prints it. */
export function loginPlugin(
  user: Pair,
  version: "v1" | "v1beta1",
): { readonly credential: string; readonly script: string } {
  const credential = JSON.stringify({
    apiVersion: `client.authentication.k8s.io/${version}`,
    kind: "ExecCredential",
    status: {
      clientCertificateData: readFileSync(user.certificate, "utf8"),
      clientKeyData: readFileSync(user.key, "utf8"),
    },
  });
  return { credential, script: `#!/bin/sh\ncat <<'END'\n${credential}\nEND\n` };
}
