/** A kubeconfig that names files, so that a certificate renewed in place is used. */
import { writeFileSync } from "node:fs";
import type { Pair } from "./certificates.ts";

/**
 * @param authority file of the certificates that the server's must be signed by
 * @returns the path that it was given
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
