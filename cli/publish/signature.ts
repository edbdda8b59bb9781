/**
 * Signatures of commits, as Argo CD asks for them: OpenPGP, by one of the keys of the fleet file. GnuPG makes
 * them, because it has the private keys. They are verified here without it.
 */
import { OperationError, outputLines } from "../../fleet/files/operation-error.ts";
import type { SigningKey } from "../../fleet/model/fleet.ts";
import { git, gitOutput, gnuPg } from "./git.ts";

/** How long somebody may take to enter a passphrase. */
const passphraseSecondsMax = 300;

/**
 * Makes a signed commit of an unsigned one.
 *
 * @param keys the first of which GnuPG has the private key signs
 * @returns its id
 * @throws OperationError if none of them can sign
 */
export async function signedCommit(
  repository: string,
  unsigned: string,
  keys: readonly SigningKey[],
): Promise<string> {
  const { bytes } = await git(repository, ["cat-file", "commit", unsigned], { isBare: true });
  for (const { fingerprint } of keys) {
    const command = ["--detach-sign", "--armor", "--local-user", fingerprint];
    const { code, stdout, message } = await gnuPg(repository, command, {
      input: [bytes],
      timeoutSeconds: passphraseSecondsMax,
      isBare: true,
    });
    if (code !== 0 && /No secret key/i.test(message)) continue;
    if (code !== 0) throw refusedSignature(fingerprint, message);
    const input = withSignature(bytes, stdout, unsigned.length === 64);
    const write = ["hash-object", "-t", "commit", "-w", "--stdin"];
    const commit = (await gitOutput(repository, write, { input, isBare: true })).trim();
    const problem = await signatureProblem(repository, commit, keys);
    if (problem === undefined) return commit;
    throw new OperationError(
      `nothing was published: Argo CD would refuse the new commit: ${problem}. If the key has ` +
        "changed, export it again (gpg --export --armor) into the file under repository.signing.keys",
    );
  }
  throw new OperationError(
    "nothing was published: GnuPG has no private key of repository.signing.keys in the fleet file " +
      `(${keys.map(({ fingerprint }) => fingerprint).join(", ")}). Import one (gpg --import), or add ` +
      "your public key to that list",
  );
}

/** gitformat-signature(5): a header whose further lines start with a space. */
function withSignature(commit: Buffer, signature: string, isSha256: boolean): Buffer[] {
  const end = commit.indexOf("\n\n") + 1;
  const header = `${isSha256 ? "gpgsig-sha256" : "gpgsig"} ${signature.trim().replaceAll("\n", "\n ")}\n`;
  return [commit.subarray(0, end), Buffer.from(header), commit.subarray(end)];
}

function refusedSignature(fingerprint: string, message: string): OperationError {
  const [, advice] = refusals.find(([pattern]) => pattern.test(message)) ?? [];
  return new OperationError(
    `nothing was published: the commit could not be signed with ${fingerprint}: ` +
      `${advice ?? "find out why with: echo test | gpg --clear-sign"}. GnuPG says:`,
    { details: outputLines(message) },
  );
}

const refusals: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [
    /unusable secret key|expired/i,
    "the key has expired or is revoked; extend it, or use another one",
  ],
  [
    /ioctl|pinentry|no answer in|timed? ?out|cancell?ed/i,
    "GnuPG could not ask for the passphrase; in a terminal run export GPG_TTY=$(tty), and in CI use " +
      "a key without a passphrase",
  ],
  [/bad passphrase/i, "the passphrase is wrong"],
];

/** Why Argo CD would refuse the commit; undefined if one of the keys signed it. */
export async function signatureProblem(
  repository: string,
  commit: string,
  keys: readonly SigningKey[],
): Promise<string | undefined> {
  const { code, bytes } = await git(repository, ["cat-file", "commit", commit], { isBare: true });
  if (code !== 0) return "it can't be read";
  const { payload, signature } = takeApart(bytes.toString("latin1"));
  if (signature === undefined) return "it is not signed";
  if (!signature.startsWith("-----BEGIN PGP SIGNATURE-----")) return "its signature is not OpenPGP";
  const { createMessage, readKey, readSignature, verify } = await import("openpgp");
  try {
    const { signatures } = await verify({
      message: await createMessage({ binary: Buffer.from(payload, "latin1") }),
      signature: await readSignature({ armoredSignature: signature }),
      verificationKeys: await Promise.all(keys.map(({ text }) => readKey({ armoredKey: text }))),
    });
    const [only, ...others] = signatures;
    if (only === undefined || others.length > 0) return "it has not exactly one signature";
    await only.verified;
    return undefined;
  } catch (error) {
    return `its signature is not valid (${(error as Error).message})`;
  }
}

/** What was signed, and the signature. */
function takeApart(commit: string): { payload: string; signature: string | undefined } {
  const end = commit.indexOf("\n\n") + 1;
  let signature: string | undefined;
  const headers = commit
    .slice(0, end)
    .replace(/^gpgsig(?:-sha256)? (.*\n(?: .*\n)*)/gm, (_header, value: string) => {
      signature ??= value.replaceAll("\n ", "\n");
      return "";
    });
  return { payload: headers + commit.slice(end), signature };
}
