/**
 * The HTTP proxy of a site, for everything on the device that downloads: Ignition at the first boot,
 * rpm-ostree, Zincati, the layering of K3s' SELinux policy, and K3s with the images that containerd pulls.
 * Your own program takes it by `EnvironmentFile=/etc/flotilla/proxy.env` in its unit.
 *
 * What does not need it: chrony (NTP is UDP), the tunnel (UDP) and what goes through it (telemetry, Argo
 * CD), and upgrades of K3s (the new binary is in an image).
 *
 * Sources: Fedora CoreOS' "Proxied Internet Access", docs.k3s.io "Configuring an HTTP proxy", Ignition's
 * `ignition.proxy`. curl reads only the lower-case `http_proxy`, and other programs upper-case names.
 */
import { Construct } from "constructs";
import { z } from "zod";
import { exception, proxyUrl } from "../../fleet/grammar/proxy-schema.ts";
import { EdgeDevice } from "../device.ts";
import { requireProps, secret } from "../props.ts";

export interface HttpProxyProps {
  /** URL of the proxy for http:// addresses. @default none */
  readonly http?: string;
  /** URL of the proxy for https:// addresses. */
  readonly https: string;
  /** `user:password`: a secret. @default none */
  readonly login?: string;
  /** Names, domains, addresses and ranges that no program reaches by the proxy. */
  readonly except: readonly string[];
  /** Besides `except`: what K3s itself does not reach by the proxy. Its images are not meant. */
  readonly exceptOfK3s: readonly string[];
}

/** The environment of all programs but K3s. */
const environmentFile = "/etc/flotilla/proxy.env";
const k3sEnvironmentFile = "/etc/flotilla/proxy-k3s.env";

/** The units that download. */
const units = [
  "rpm-ostreed.service",
  "rpm-ostree-countme.service",
  "zincati.service",
  "k3s-selinux.service",
] as const;

const proxy = proxyUrl(
  'this URL contains a login. Write the URL without it, and the login as login: "user:password".',
);

const schema = z.object({
  http: proxy.optional(),
  https: proxy,
  login: secret("proxy-login").optional(),
  except: z.array(exception),
  exceptOfK3s: z.array(exception),
});

export class HttpProxy extends Construct {
  constructor(scope: Construct, id: string, props: HttpProxyProps) {
    super(scope, id);
    requireProps(this, props, schema);
    const device = EdgeDevice.of(this);
    const { login, except, exceptOfK3s } = props;
    const http = props.http && withLogin(props.http, login);
    const https = withLogin(props.https, login);
    const mode = login === undefined ? 0o644 : 0o600;
    const addFile = (path: string, variables: readonly (readonly [string, string])[]) => {
      const inline = variables.map(([name, value]) => `${name}="${value}"\n`).join("");
      device.addFile(this, { path, mode, contents: { inline } });
    };
    const variablesOf = (noProxy: readonly string[]) =>
      [
        ...(http === undefined ? [] : ([["HTTP_PROXY", http]] as const)),
        ["HTTPS_PROXY", https],
        ["NO_PROXY", noProxy.join(",")],
      ] as const;
    const own = variablesOf(except);
    addFile(environmentFile, inBothCases(own));
    // K3s hands the variables with this prefix to containerd, without it (issue 3552 of k3s-io/k3s).
    const ofContainerd = own.map(([name, value]) => [`CONTAINERD_${name}`, value] as const);
    const ofK3s = inBothCases(variablesOf([...except, ...exceptOfK3s]));
    addFile(k3sEnvironmentFile, [...ofK3s, ...ofContainerd]);
    for (const unit of units) this.#addDropIn(unit, environmentFile);
    this.#addDropIn("k3s.service", k3sEnvironmentFile);
    device.setProxy(this, {
      ...(http !== undefined && { http_proxy: http }),
      https_proxy: https,
      no_proxy: except,
    });
  }

  #addDropIn(unit: string, file: string): void {
    EdgeDevice.of(this).addFile(this, {
      path: `/etc/systemd/system/${unit}.d/50-flotilla-proxy.conf`,
      mode: 0o644,
      contents: { inline: `[Service]\nEnvironmentFile=${file}\n` },
    });
  }
}

function inBothCases(
  variables: readonly (readonly [string, string])[],
): readonly (readonly [string, string])[] {
  return variables.flatMap(([name, value]) => [
    [name, value] as const,
    [name.toLowerCase(), value] as const,
  ]);
}

function withLogin(url: string, login: string | undefined): string {
  return login === undefined ? url : url.replace("://", `://${loginInUrl(login)}@`);
}

/** `user:password` as it is written in a URL: everything is escaped that means something to anybody. */
function loginInUrl(login: string): string {
  const colon = login.indexOf(":");
  return [login.slice(0, colon), login.slice(colon + 1)]
    .map((part) =>
      encodeURIComponent(part).replaceAll(
        /[!'()*]/g,
        (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join(":");
}
