/** The credential of Argo CD for the state repository: read from the user's files, and checked. */
import { InputError, type Mistake } from "../../../fleet/grammar/mistakes.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { argoNamespace, secretTypeLabel } from "../../../fleet/model/contract.ts";
import { isUrl } from "../../../fleet/model/git-url.ts";
import { readInputFile } from "../../terminal/input-stream.ts";
import { passwordVariable } from "../kubectl/kubectl.ts";
import { keepSecret } from "../../terminal/known-secrets.ts";
import type { FoundObject, HubObject } from "./hub-objects.ts";

export interface CredentialOptions {
  /** Path of an SSH private key. */
  readonly repositoryKey?: string;
  readonly repositoryUser?: string;
  /** Path of a file that holds the user's password or token. */
  readonly repositoryPasswordFile?: string;
}

export const credentialName = "fleet-repository";

/** Argo CD looks for repositories among the Secrets with this label. */
const labels = { [secretTypeLabel]: "repository" };

/**
 * The Secret by which Argo CD reads the state repository (Argo CD: util/db/repository_secrets.go),
 * or undefined if the user gave no credential.
 *
 * @throws InputError with all mistakes in the credential
 */
export function credentialObject(
  { url }: Fleet["repository"],
  options: CredentialOptions,
  environment: Readonly<Record<string, string | undefined>>,
): HubObject | undefined {
  const login = options.repositoryKey
    ? sshLogin(options.repositoryKey, url)
    : passwordLogin(options, url, environment);
  if (login === undefined) return undefined;
  return {
    kind: "Secret",
    name: credentialName,
    namespace: argoNamespace,
    labels,
    data: { type: "git", url, ...login },
  };
}

/** A note about a repository for which the user gave no credential. */
export function credentialNote(
  { url }: Fleet["repository"],
  found: FoundObject | undefined,
): string | undefined {
  if (found === undefined) {
    return isSsh(url)
      ? `Argo CD can't read ${url} without a key. Run it again with --repository-key FILE`
      : `Argo CD reads ${url} without a credential. If the repository is private, run it ` +
          "again with --repository-user NAME";
  }
  const other = Buffer.from(found.data?.["url"] ?? "", "base64").toString();
  return other === url
    ? undefined
    : `the credential on the hub is for ${other}, and the fleet's repository is ${url}. Give it ` +
        "one: --repository-key FILE, or --repository-user NAME";
}

function isSsh(url: string): boolean {
  // `host:path` is SSH as well.
  return /^(git\+)?ssh:/i.test(url) || (isUrl(url) && !url.includes("://"));
}

function sshLogin(file: string, url: string): Record<string, string> {
  const text = readSecret(file);
  const problem = isSsh(url) ? keyProblem(text) : `an SSH key can't log in to ${url}. ${wantsUser}`;
  if (problem !== undefined) throw new InputError([{ file, message: problem }]);
  return { sshPrivateKey: `${text.trim()}\n` };
}

const wantsUser = "Give --repository-user NAME with a password or a token";

/** The message contains nothing of the text. */
function keyProblem(text: string): string | undefined {
  if (/^(ssh-|ecdsa-|sk-)/.test(text.trim())) {
    return "this is the public half of a key. Give the private one: the file without .pub";
  }
  const [, kind, body = ""] =
    /^-----BEGIN ([A-Z ]*)PRIVATE KEY-----(.+)-----END \1PRIVATE KEY-----$/s.exec(text.trim()) ??
    [];
  if (kind === undefined) {
    return "this is not an SSH private key. Make one: ssh-keygen -t ed25519 -N '' -f FILE";
  }
  // In the format openssh-key-v1, the cipher follows 15 bytes of magic and 4 of length.
  const bytes = Buffer.from(body, "base64");
  const isOpen = kind !== "OPENSSH " || bytes.subarray(19, 23).toString() === "none";
  return isOpen && !text.includes("ENCRYPTED")
    ? undefined
    : "this key has a passphrase, and Argo CD cannot ask for it. Make another key without a passphrase: " +
        "ssh-keygen -t ed25519 -N '' -f FILE";
}

function passwordLogin(
  { repositoryUser: username, repositoryPasswordFile: file }: CredentialOptions,
  url: string,
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> | undefined {
  const variable = environment[passwordVariable];
  const place = file ?? `$${passwordVariable}`;
  if (username === undefined) {
    if (file === undefined && variable === undefined) return undefined;
    throw wrong(place, "a password needs a user. Give --repository-user NAME as well");
  }
  if (!/^https?:/i.test(url)) {
    throw wrong(place, `a password can't log in to ${url}. Give --repository-key FILE`);
  }
  const password = (file === undefined ? (variable ?? "") : readSecret(file)).replace(/\r?\n$/, "");
  if (password !== "") return { username, password };
  throw wrong(
    place,
    "the password or token is missing. Give a file that contains it " +
      `(--repository-password-file FILE), or set $${passwordVariable}`,
  );
}

function wrong(file: string, message: string): InputError {
  const mistake: Mistake = { file, message };
  return new InputError([mistake]);
}

/** A password, a token or an SSH key. */
const secretBytesMax = 1_048_576;

function readSecret(file: string): string {
  try {
    const text = readInputFile(file, secretBytesMax).toString("utf8");
    keepSecret(text);
    return text;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw wrong(file, message);
    throw wrong(file, code === "ENOENT" ? "file not found" : `it can't be read (${code})`);
  }
}
