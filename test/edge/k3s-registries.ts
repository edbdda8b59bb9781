/**
 * What K3s makes of registries.yaml for containerd, after its public description: docs.k3s.io, "Private
 * Registry Configuration", and pkg/agent/containerd/config.go with pkg/agent/templates in k3s-io/k3s (v1.36).
 * container-registries-pull.test.ts runs a real containerd with it.
 *
 * Rewrites are in the answer, and Debian's containerd ignores them: they are a patch of K3s' own containerd.
 */

export interface RegistriesFile {
  readonly mirrors?: Readonly<Record<string, MirrorEntry>>;
  readonly configs?: Readonly<Record<string, ConfigEntry>>;
}

interface MirrorEntry {
  readonly endpoint: readonly string[];
  readonly rewrite?: Readonly<Record<string, string>>;
}

interface ConfigEntry {
  readonly auth?: { readonly username: string; readonly password: string };
  readonly tls?: {
    readonly ca_file?: string;
    readonly cert_file?: string;
    readonly key_file?: string;
    readonly insecure_skip_verify?: boolean;
  };
}

export interface HostsFile {
  /** The registry itself, which is tried last. */
  readonly server: string;
  readonly endpoints: readonly Endpoint[];
}

interface Endpoint {
  readonly url: string;
  /** The path is the URL's own and not `/v2`. */
  readonly overridePath: boolean;
  readonly config: ConfigEntry;
  readonly rewrite: Readonly<Record<string, string>>;
}

/** By registry, `_default` for `*`: what its hosts.toml says. */
export function hostsFiles({
  mirrors = {},
  configs = {},
}: RegistriesFile): ReadonlyMap<string, HostsFile> {
  const files = new Map<string, HostsFile>();
  for (const registry of new Set([...Object.keys(configs), ...Object.keys(mirrors)])) {
    const { endpoint = [], rewrite = {} } = mirrors[registry] ?? {};
    const config = configs[registry] ?? {};
    const server = registry === "*" ? "" : normalized(`https://${registry}`).url;
    const found = new Map<string, Endpoint>();
    for (const each of endpoint) {
      const { host, url, overridePath } = normalized(each);
      const ownConfig = configs[hubName(host)] ?? configs[host] ?? {};
      if (!found.has(url)) found.set(url, { url, overridePath, config: ownConfig, rewrite });
    }
    if (config.tls !== undefined && !found.has(server)) {
      found.set(server, { url: server, overridePath: false, config, rewrite: {} });
    }
    if (found.size === 0 && config.tls === undefined) continue;
    files.set(registry === "*" ? "_default" : registry, { server, endpoints: [...found.values()] });
  }
  return files;
}

/** By host, as containerd's own configuration has them. */
export function logins({
  configs = {},
}: RegistriesFile): ReadonlyMap<string, NonNullable<ConfigEntry["auth"]>> {
  return new Map(
    Object.entries(configs).flatMap(([host, { auth }]) => (auth ? [[host, auth] as const] : [])),
  );
}

export function hostsToml({ server, endpoints }: HostsFile): string {
  const quoted = (text: string) => JSON.stringify(text);
  const lines = server === "" ? [] : [`server = ${quoted(server)}`];
  for (const { url, overridePath, config, rewrite } of endpoints) {
    const { ca_file: ca, cert_file, key_file, insecure_skip_verify: insecure } = config.tls ?? {};
    lines.push(`[host.${quoted(url)}]`, `  capabilities = ["pull", "resolve"]`);
    if (overridePath) lines.push("  override_path = true");
    if (ca !== undefined) lines.push(`  ca = [${quoted(ca)}]`);
    if (cert_file !== undefined && key_file !== undefined) {
      lines.push(`  client = [[${quoted(cert_file)}, ${quoted(key_file)}]]`);
    }
    if (insecure === true) lines.push("  skip_verify = true");
    if (Object.keys(rewrite).length === 0) continue;
    lines.push(`  [host.${quoted(url)}.rewrite]`);
    // Without escapes: as K3s' template has it.
    for (const [pattern, to] of Object.entries(rewrite)) lines.push(`    "${pattern}" = "${to}"`);
  }
  return `${lines.join("\n")}\n`;
}

function normalized(endpoint: string) {
  const { protocol, host, pathname } = new URL(endpoint);
  // URL drops the port of its scheme, which K3s keeps.
  const written = endpoint.split("/")[2] ?? host;
  const isUsual = ["", "/", "/v2"].includes(pathname);
  return {
    host: written === "registry-1.docker.io" ? "docker.io" : written,
    url: `${protocol}//${hubName(written)}${isUsual ? "/v2" : pathname}`,
    overridePath: !isUsual,
  };
}

/** Where containerd finds Docker Hub. */
function hubName(host: string): string {
  return host === "docker.io" ? "registry-1.docker.io" : host;
}
