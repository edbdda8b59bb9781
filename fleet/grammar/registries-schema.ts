/**
 * The grammar of `registries`: where K3s' containerd gets images from, and how it logs in. The words are
 * those of K3s' registries.yaml (docs.k3s.io, "Private Registry Configuration").
 */
import { z } from "zod";
import { certificateFile } from "./authorities-schema.ts";
import { isAuthority, isIpv6 } from "./hosts.ts";
import { rewritePattern, rewriteReplacement } from "./registry-rewrites.ts";
import { secretReference } from "./secret-reference.ts";
import { matching, text } from "./value-schemas.ts";
import { registryUrl } from "./web-url.ts";

const inGit =
  "this URL contains a login, and the fleet file is in Git. Write the URL without it, and the login under hosts.";

/** @param withLogin the message on one that has a login */
export const endpoint = (withLogin = inGit) =>
  registryUrl("https://mirror.example.com:5000", withLogin);

/** A registry as images name it: a host with or without a port. */
function hostProblem(value: string): string | undefined {
  if (isAuthority(value)) return undefined;
  const fix = isIpv6(value)
    ? `Write an IPv6 address in brackets: "[${value}]", with a port "[${value}]:5000".`
    : "Write a host without a scheme, like registry.example.com:5000.";
  return `${JSON.stringify(value)} is not a valid registry. ${fix}`;
}

/** Whose images have mirrors. */
export const mirrored = text((value) => (value === "*" ? undefined : hostProblem(value)));

/** A registry, or a mirror of one, that has settings. */
export const registryHost = text(hostProblem);

const mirror = z.strictObject({
  endpoints: z
    .array(endpoint())
    .min(1, { error: "this list is empty. Write at least one URL, or omit the key." })
    .max(16)
    .nullish()
    .describe("URLs of registries that are tried in turn, before the registry itself."),
  rewrite: z
    .record(rewritePattern, rewriteReplacement.nullable())
    .nullish()
    .describe(
      "Names of repositories at the endpoints: a regular expression without \\ and what replaces it, with $1.",
    ),
});

export const registryUser = matching(
  /^[!-9;-~]{1,256}$/,
  "a valid user name. Write ASCII without spaces and colons.",
);

const login = z.strictObject({
  username: registryUser.nullish().describe("User of the registry."),
  password: secretReference("The password"),
});

const host = z.strictObject({
  login: login.nullish().describe("Login of the registry; both keys are needed."),
  certificateAuthority: certificateFile
    .max(1024)
    .nullish()
    .describe("PEM file with the authority of the registry, in this file's folder."),
  clientCertificate: secretReference("The client certificate, as PEM"),
  clientKey: secretReference("The key of the client certificate, as PEM"),
  insecureSkipVerify: z
    .boolean()
    .nullish()
    .describe("Accept any certificate of the registry. Prefer certificateAuthority."),
});

export const registries = z
  .strictObject({
    mirrors: z
      .record(mirrored, mirror.nullable())
      .nullish()
      .describe('Mirrors by registry, like docker.io; "*" is for all others.'),
    hosts: z
      .record(registryHost, host.nullable())
      .nullish()
      .describe("Logins and certificates, by the host of the registry or of the mirror."),
  })
  .nullish()
  .describe("Container registries of the device.");
