/**
 * Makes with openssl the certificates that K3s makes from the authorities that it finds, because K3s is in
 * no package registry. Also makes the authorities of a cluster for which Flotilla makes none, such as the
 * hub.
 *
 * Traps handled here:
 * - `server-ca.crt` and `client-ca.crt` are bundles: the first certificate is the one that signs, and
 *   the whole bundle is appended to a serving certificate, as K3s does.
 * - `service.key` must be in the traditional form; kube-apiserver refuses PKCS #8.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./processes.ts";

const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** Names of the pairs `NAME.crt` and `NAME.key` in K3s' folder `server/tls`. */
export type Authority = "server-ca" | "client-ca" | "request-header-ca";

/** Makes the authorities of one cluster and its `service.key`, if they do not exist yet. */
export async function makeAuthorities(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const names: readonly Authority[] = ["server-ca", "client-ca", "request-header-ca"];
  for (const name of names) {
    if (existsSync(join(folder, `${name}.crt`))) continue;
    const extensions = [
      "basicConstraints=critical,CA:TRUE",
      "keyUsage=critical,keyCertSign,cRLSign",
    ];
    const command = [
      ["openssl", "req", "-x509", ...curve, "-days", "3650", "-subj", `/CN=${name}`],
      extensions.flatMap((extension) => ["-addext", extension]),
      ["-keyout", join(folder, `${name}.key`), "-out", join(folder, `${name}.crt`)],
    ];
    await run(command.flat());
  }
  const service = join(folder, "service.key");
  if (existsSync(service)) return;
  await run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", service]);
}

export interface LeafOptions {
  /** The name of `NAME.crt` and `NAME.key`, which are replaced. */
  readonly name: string;
  readonly authority: Authority;
  /** As openssl takes it: `/O=system:masters/CN=admin`. */
  readonly subject: string;
  readonly usage: "serverAuth" | "clientAuth";
  /** As openssl takes them: `DNS:localhost`, `IP:127.0.0.1`. */
  readonly alternativeNames?: readonly string[];
  /** @default 365 */
  readonly days?: number;
}

export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/**
 * @param authorities folder of the authorities
 * @param folder where the pair is written
 * @returns the paths of the pair
 */
export async function makeLeaf(
  authorities: string,
  folder: string,
  options: LeafOptions,
): Promise<Pair> {
  const { name, authority, subject, usage, alternativeNames = [], days = 365 } = options;
  const bundle = join(authorities, `${authority}.crt`);
  const pair = { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  const extensions = [
    "basicConstraints=critical,CA:FALSE",
    "keyUsage=critical,digitalSignature",
    `extendedKeyUsage=${usage}`,
    ...(alternativeNames.length > 0 ? [`subjectAltName=${alternativeNames.join(",")}`] : []),
  ];
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const command = [
    ["openssl", "req", "-x509", ...curve, "-days", String(days), "-subj", subject],
    ["-CA", bundle, "-CAkey", join(authorities, `${authority}.key`)],
    extensions.flatMap((extension) => ["-addext", extension]),
    ["-keyout", pair.key, "-out", pair.certificate],
  ];
  await run(command.flat());
  const chain = readFileSync(pair.certificate, "utf8") + readFileSync(bundle, "utf8");
  writeFileSync(pair.certificate, chain);
  return pair;
}
