/**
 * The container registries of K3s: mirrors, logins and certificates.
 *
 * Source: docs.k3s.io, "Private Registry Configuration". A mirror is tried before the registry itself;
 * rewrites apply only to mirrors, and `*` to registries without their own entry. The file has
 * passwords, so it is root's alone.
 */
import { Construct } from "constructs";
import { z } from "zod";
import type { Mistake } from "../../fleet/grammar/mistakes.ts";
import {
  endpoint,
  mirrored,
  registryHost,
  registryUser,
} from "../../fleet/grammar/registries-schema.ts";
import { rewritePattern, rewriteReplacement } from "../../fleet/grammar/registry-rewrites.ts";
import type { Source } from "../../fleet/grammar/source.ts";
import { resolvedRegistries } from "../../fleet/resolve/machine/registries.ts";
import type { ButaneFile } from "../butane/config.ts";
import { EdgeDevice } from "../device.ts";
import { inProps, pem, requireProps, secret } from "../props.ts";
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

const url = endpoint(
  "this URL contains a login. Write the URL without it, and the login under hosts.",
);

const schema = z.object({
  mirrors: z
    .record(
      mirrored,
      z.strictObject({
        endpoints: z
          .array(url)
          .min(1, { error: "this list is empty. Write at least one URL, or omit the mirror." })
          .max(16),
        rewrite: z.record(rewritePattern, rewriteReplacement).optional(),
      }),
    )
    .optional(),
  hosts: z
    .record(
      registryHost,
      z.strictObject({
        login: z.strictObject({ username: registryUser, password: secret("line") }).optional(),
        authority: pem.optional(),
        client: z.strictObject({ certificate: pem, key: pem }).optional(),
        insecure: z.boolean().optional(),
      }),
    )
    .optional(),
});

export class ContainerRegistries extends Construct {
  constructor(scope: Construct, id: string, props: ContainerRegistriesProps) {
    super(scope, id);
    requireProps(this, props, schema, (source) => registryMistakes(source, props));
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

/** By the rules for `registries` of a fleet file, which has other names for some props. */
function registryMistakes(source: Source, props: ContainerRegistriesProps): readonly Mistake[] {
  const hosts = Object.entries(props.hosts ?? {}).map(([host, { authority, insecure }]) => [
    host,
    {
      ...(authority !== undefined && { certificateAuthority: "ca.pem" }),
      ...(insecure !== undefined && { insecureSkipVerify: insecure }),
    },
  ]);
  const mirrors = Object.entries(props.mirrors ?? {}).map(([name, { endpoints, rewrite = {} }]) => [
    name,
    { endpoints: [...endpoints], rewrite: { ...rewrite } },
  ]);
  const given = { mirrors: Object.fromEntries(mirrors), hosts: Object.fromEntries(hosts) };
  const names = { certificateAuthority: "authority", insecureSkipVerify: "insecure" };
  const { mistakes } = resolvedRegistries(inProps(source, given, [], names), undefined);
  return mistakes.map((each) => ({
    ...each,
    message: each.message.replaceAll("insecureSkipVerify", "insecure"),
  }));
}
