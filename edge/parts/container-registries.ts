/**
 * The container registries of K3s: mirrors, logins and certificates.
 *
 * Source: docs.k3s.io, "Private Registry Configuration". A mirror is tried before the registry itself;
 * rewrites apply only to mirrors, and `*` to registries without their own entry. The file has
 * passwords, so it is root's alone.
 */
import { Construct } from "constructs";
import type { ButaneFile } from "../butane/config.ts";
import { EdgeDevice } from "../device.ts";
import { jsonPerKey } from "./json-per-key.ts";

export interface ContainerRegistriesProps {
  /** By registry, `docker.io`; `*` for all others. @default none */
  readonly mirrors?: Readonly<Record<string, ContainerMirror>>;
  /** By host, with or without a port. @default none */
  readonly hosts?: Readonly<Record<string, ContainerHost>>;
}

export interface ContainerMirror {
  /** URLs, in the order in which they are tried. */
  readonly endpoints: readonly string[];
  /** What replaces a regular expression in the name of a repository. @default names stay */
  readonly rewrite?: Readonly<Record<string, string>>;
}

export interface ContainerHost {
  /** @default without a login */
  readonly login?: { readonly username: string; readonly password: string };
  /** Certificates of authorities, as PEM. @default those that the device trusts */
  readonly authority?: string;
  /** As PEM. @default without a client certificate */
  readonly client?: { readonly certificate: string; readonly key: string };
  /** Accept any certificate. @default false */
  readonly insecure?: boolean;
}

const folder = "/etc/rancher/k3s/registries";

/** Where containerd finds the registry docker.io. */
const dockerHub = "registry-1.docker.io";

export class ContainerRegistries extends Construct {
  constructor(scope: Construct, id: string, props: ContainerRegistriesProps) {
    super(scope, id);
    const device = EdgeDevice.of(this);
    const { mirrors = {}, hosts = {} } = props;
    const files: ButaneFile[] = [];
    const place = (host: string, name: string, inline: string | undefined) => {
      if (inline === undefined) return undefined;
      // A colon is not usual in a file name.
      const path = `${folder}/${host.replaceAll(":", "_")}/${name}`;
      files.push({ path, mode: 0o600, contents: { inline } });
      return path;
    };
    const configs = Object.entries(hosts).map(([host, own]): [string, object] => {
      const { login, authority, client, insecure } = own;
      const tls = {
        ca_file: place(host, "ca.pem", authority),
        cert_file: place(host, "client.pem", client?.certificate),
        key_file: place(host, "client.key", client?.key),
        insecure_skip_verify: insecure === true ? true : undefined,
      };
      const isPlain = Object.values(tls).every((value) => value === undefined);
      return [host, { ...(login && { auth: login }), ...(!isPlain && { tls }) }];
    });
    const mirrorsOfFile = Object.entries(mirrors).map(([name, { endpoints, rewrite = {} }]) => [
      name,
      { endpoint: endpoints, ...(Object.keys(rewrite).length > 0 && { rewrite }) },
    ]);
    // K3s before v1.32.7 and v1.33.3 knows the login of Docker Hub by this name alone (k3s-io/k3s#12561).
    const hub = configs.find(([host]) => host === "docker.io");
    const isNamed = configs.some(([host]) => host === dockerHub);
    if (hub !== undefined && !isNamed) configs.push([dockerHub, hub[1]]);
    const inline = jsonPerKey({
      mirrors: Object.fromEntries(mirrorsOfFile) as unknown,
      configs: Object.fromEntries(configs) as unknown,
    });
    device.addFile(this, {
      path: "/etc/rancher/k3s/registries.yaml",
      mode: 0o600,
      contents: { inline },
    });
    for (const file of files) device.addFile(this, file);
  }
}
