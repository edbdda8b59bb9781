/** The container registries of a device. */
import type { Mistake } from "../../grammar/mistakes.ts";
import type { MachineInput } from "../../grammar/machine-schemas.ts";
import { rewriteProblem } from "../../grammar/registry-rewrites.ts";
import type { ReferencedFiles } from "../../model/referenced-files.ts";
import type { Registries, RegistryHost } from "../../model/registries.ts";
import type { Inherited } from "./inherited.ts";
import { repeatedItems } from "./repeated.ts";
import { trustedFiles } from "./trusted-files.ts";

type Input = NonNullable<MachineInput["registries"]>;
type HostInput = NonNullable<Input["hosts"]>[string];

/** @param references undefined: no file is read, and there are no authorities */
export function resolvedRegistries(
  declared: Inherited<Input>,
  references: ReferencedFiles | undefined,
): { readonly registries: Registries; readonly mistakes: readonly Mistake[] } {
  const { mirrors = {}, hosts = {} } = declared.value;
  const mistakes: Mistake[] = [];
  const resolvedHosts = sorted(hosts).map(([host, input]): RegistryHost => {
    const found = hostOf(declared, host, input, references);
    mistakes.push(...hostMistakes(declared, host, input), ...found.mistakes);
    return found.host;
  });
  for (const [name, { endpoints = [], rewrite = {} }] of Object.entries(mirrors)) {
    mistakes.push(...repeatedItems(declared, ["mirrors", name, "endpoints"], endpoints));
    mistakes.push(...loginMistakes(declared, name, endpoints, Object.keys(hosts)));
    if (Object.keys(rewrite).length > 0) {
      mistakes.push(...ownUrlMistakes(declared, name, endpoints));
    }
    for (const [pattern, replacement] of Object.entries(rewrite)) {
      const problem = rewriteProblem(name, pattern, replacement);
      if (problem === undefined) continue;
      mistakes.push(declared.mistake(["mirrors", name, "rewrite", pattern], problem));
    }
    if (declared.isWritten(["mirrors", name, "endpoints"])) continue;
    const message = `"endpoints" is missing. Write at least one URL.`;
    mistakes.push(declared.keyMistake(["mirrors", name], message));
  }
  const registries = {
    mirrors: sorted(mirrors).map(([registry, { endpoints = [], rewrite = {} }]) => ({
      registry,
      endpoints,
      rewrite,
    })),
    hosts: resolvedHosts,
  };
  return { registries, mistakes };
}

/** K3s compares the host of a URL with the names of its settings as text. */
function loginMistakes(
  declared: Inherited<Input>,
  registry: string,
  endpoints: readonly string[],
  hosts: readonly string[],
): Mistake[] {
  return endpoints.flatMap((endpoint, index) => {
    const [scheme = "", , written = ""] = endpoint.split("/");
    const other = hosts.find((host) => sameHost(scheme, host) === sameHost(scheme, written));
    if (other === undefined || hosts.includes(written)) return [];
    const message = `K3s does not use the settings of "${other}" under hosts for this URL, because it compares hosts as text. Write them there for "${written}" too, or write the same host in both places.`;
    return [declared.mistake(["mirrors", registry, "endpoints", index], message)];
  });
}

/** One text for a host, with its port, however it is written. */
function sameHost(scheme: string, host: string): string {
  const url = `${scheme}//${host}`;
  return URL.canParse(url) ? new URL(url).host : host;
}

/** K3s tries the registry itself last, without rewrites, even if its URL is among the endpoints. */
function ownUrlMistakes(
  declared: Inherited<Input>,
  registry: string,
  endpoints: readonly string[],
): Mistake[] {
  const own = registry === "docker.io" ? [registry, "registry-1.docker.io"] : [registry];
  return endpoints.flatMap((endpoint, index) => {
    const [, host = "", path = ""] = /^https:\/\/([^/]+)(.*)$/.exec(endpoint) ?? [];
    if (!own.includes(host) || !["", "/", "/v2"].includes(path)) return [];
    const fix = host.includes(":")
      ? "Delete the rewrites, or write a mirror."
      : `Write https://${host}:443${path}.`;
    const message = `"${endpoint}" is the registry itself, to which K3s does not apply rewrites. ${fix}`;
    return [declared.mistake(["mirrors", registry, "endpoints", index], message)];
  });
}

function hostOf(
  declared: Inherited<Input>,
  host: string,
  input: HostInput,
  references: ReferencedFiles | undefined,
): { readonly host: RegistryHost; readonly mistakes: readonly Mistake[] } {
  const { login, certificateAuthority: file, clientCertificate, clientKey } = input;
  const at = (...path: string[]) => ["hosts", host, ...path];
  const files =
    file === undefined
      ? { files: [], mistakes: [] }
      : trustedFiles(
          // One file, whose mistakes are at its key.
          {
            ...declared,
            value: [file],
            mistake: (_path, message) => declared.mistake(at("certificateAuthority"), message),
          },
          references,
        );
  const { username, password } = login ?? {};
  const secret = (path: readonly string[], reference: { file: string } | { env: string }) =>
    declared.secret(at(...path), reference, path[0] === "login" ? "line" : "pem");
  return {
    host: {
      host,
      login:
        username === undefined || password === undefined
          ? null
          : { username, password: secret(["login", "password"], password) },
      authority: files.files[0] ?? null,
      client:
        clientCertificate === undefined || clientKey === undefined
          ? null
          : {
              certificate: secret(["clientCertificate"], clientCertificate),
              key: secret(["clientKey"], clientKey),
            },
      insecure: input.insecureSkipVerify ?? false,
    },
    mistakes: files.mistakes,
  };
}

function hostMistakes(declared: Inherited<Input>, host: string, input: HostInput): Mistake[] {
  const at = (...path: string[]) => ["hosts", host, ...path];
  const { login, clientCertificate, clientKey, certificateAuthority, insecureSkipVerify } = input;
  const mistakes: Mistake[] = [];
  const missing = (path: readonly string[], key: string) => {
    if (declared.isWritten([...path, key])) return;
    mistakes.push(declared.keyMistake(path, `"${key}" is missing. Write it here.`));
  };
  if (login !== undefined) for (const key of ["username", "password"]) missing(at("login"), key);
  if (clientCertificate !== undefined) missing(at(), "clientKey");
  if (clientKey !== undefined) missing(at(), "clientCertificate");
  if (certificateAuthority !== undefined && insecureSkipVerify === true) {
    const message = `with insecureSkipVerify the certificate authority is not used. Delete one of them.`;
    mistakes.push(declared.mistake(at("insecureSkipVerify"), message));
  }
  return mistakes;
}

function sorted<Value>(values: Readonly<Record<string, Value>>): [string, Value][] {
  return Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
