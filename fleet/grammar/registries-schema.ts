/**
 * The grammar of `registries`: where K3s' containerd gets images from, and how it logs in. The words are
 * those of K3s' registries.yaml (docs.k3s.io, "Private Registry Configuration").
 */
import { z } from "zod";
import { certificateFile } from "./authorities-schema.ts";
import { isHost } from "./hosts.ts";
import { secretReference } from "./secret-reference.ts";
import { matching, text, webUrl } from "./value-schemas.ts";

const endpoint = webUrl(
  "https://mirror.example.com:5000",
  "this URL contains a login, and the fleet file is in Git. Write the URL without it, and the login under hosts.",
);

/** A registry as images name it: a host with or without a port. */
function hostProblem(value: string): string | undefined {
  const [, host = "", port] = /^([^:]+)(?::([0-9]{1,5}))?$/.exec(value) ?? [];
  const valid =
    isHost(host) && (port === undefined || (Number(port) >= 1 && Number(port) <= 65535));
  return valid
    ? undefined
    : `${JSON.stringify(value)} is not a valid registry. Write a host without a scheme, like registry.example.com:5000.`;
}

/**
 * K3s reads the expression with Go's regexp (RE2), which knows other groups than JavaScript: flags, `(?P<name>…)`,
 * `\A` and `\z`, and no looking around and no references back.
 */
const pattern = text((value) => {
  const example = "Write one like ^library/(.*).";
  const escapes = [...value.matchAll(/\\(.)/gs)];
  const [lookaround] = /\(\?<?[=!]/.exec(value.replaceAll(/\\./gs, "")) ?? [];
  const [reference] = escapes.find(([, letter = ""]) => /[1-9k]/.test(letter)) ?? [];
  const unknown = lookaround ?? reference;
  if (unknown !== undefined) {
    return `${JSON.stringify(value)} has ${unknown}, which K3s' regular expressions (RE2) do not have. ${example}`;
  }
  const inJavaScript = value
    .replaceAll(/\(\?[imsU]*(?:-[imsU]+)?([:)])/g, (_, end: string) => (end === ")" ? "" : "(?:"))
    .replaceAll("(?P<", "(?<")
    .replaceAll(/\\(.)/gs, (escape, letter: string) => ("Az".includes(letter) ? "" : escape));
  try {
    new RegExp(inJavaScript);
    return undefined;
  } catch {
    return `${JSON.stringify(value)} is not a valid regular expression. ${example}`;
  }
});

/** Go takes all letters, digits and underscores after `$` as a name: `$1x` is the group "1x", which is empty. */
const replacement = text((value) => {
  if (value.length > 1024) return "this text is longer than 1024. Write a shorter one.";
  const [, number = "", rest = ""] =
    /\$([0-9]+)([A-Za-z_]\w*)/.exec(value.replaceAll("$$", "")) ?? [];
  return number === ""
    ? undefined
    : `"$${number}${rest}" is a group of the name ${number}${rest}, which is empty. Write \${${number}}${rest}.`;
});

const mirror = z.strictObject({
  endpoints: z
    .array(endpoint)
    .min(1, { error: "this list is empty. Write at least one URL, or omit the key." })
    .max(16)
    .optional()
    .describe("URLs of registries that are tried in turn, before the registry itself."),
  rewrite: z
    .record(pattern, replacement)
    .optional()
    .describe(
      "Names of repositories at the endpoints: a regular expression and what replaces it, with $1.",
    ),
});

const login = z.strictObject({
  username: matching(
    /^[!-9;-~]{1,256}$/,
    "a valid user name. Write ASCII without spaces and colons.",
  )
    .optional()
    .describe("User of the registry."),
  password: secretReference("The password").optional(),
});

const host = z.strictObject({
  login: login.optional().describe("Login of the registry; both keys are needed."),
  certificateAuthority: certificateFile
    .max(1024)
    .optional()
    .describe("PEM file with the authority of the registry, in this file's folder."),
  clientCertificate: secretReference("The client certificate, as PEM").optional(),
  clientKey: secretReference("The key of the client certificate, as PEM").optional(),
  insecureSkipVerify: z
    .boolean()
    .optional()
    .describe("Accept any certificate of the registry. Prefer certificateAuthority."),
});

export const registries = z
  .strictObject({
    mirrors: z
      .record(
        text((value) => (value === "*" ? undefined : hostProblem(value))),
        mirror,
      )
      .optional()
      .describe('Mirrors by registry, like docker.io; "*" is for all others.'),
    hosts: z
      .record(text(hostProblem), host)
      .optional()
      .describe("Logins and certificates, by the host of the registry or of the mirror."),
  })
  .optional()
  .describe("Container registries of the device.");
