/**
 * A project whose every secret is known to the test, programs that look for them in all that a child
 * process can see, and a search for what they found.
 *
 * Each program, and each hook of the real Git, records its environment, arguments, standard input and
 * open files, and prints whatever it can reach: the key files, and the environment of Flotilla itself.
 */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { formatPublishingKey, publishingKey } from "../../fleet/keys/publishing-key.ts";
import { formatRootKey, RootKey } from "../../fleet/keys/root-key.ts";
import { loadFleet } from "../../fleet/resolve/load.ts";
import { grammar } from "../../gitops/grammar.ts";
import { derivedSecrets, secretSearch, type Secrets } from "../secret-search.ts";
import type { FakeCloud } from "./hub/deploy/fake-cloud.ts";

const program = join(import.meta.dirname, "..", "..", "cli", "flotilla.mjs");

const keyBytes = Buffer.from(Array.from({ length: 32 }, (_, index) => (index * 73 + 41) % 256));
export const rootKey = new RootKey(keyBytes);
export const keyText = formatRootKey(keyBytes);
export const publishingKeyText = (fleet: string) =>
  formatPublishingKey(publishingKey(fleet, rootKey));

const canary = (name: string) => `${name}CanaryOf${name.length}${"x7Qk".repeat(4)}${name}`;

/** What a program prints by which somebody could log in. */
export const printed = {
  accessToken: `ya29.${canary("access")}`,
  output: canary("terraformOutput"),
};
export const urlPassword = canary("url");
/** In the environment of the command, by variable. */
export const variables = {
  FLOTILLA_KEY: keyText.trim(),
  FLOTILLA_REPOSITORY_PASSWORD: canary("repository"),
  GITHUB_TOKEN: canary("github"),
  GH_TOKEN: canary("gh"),
  GOOGLE_CREDENTIALS: JSON.stringify({ private_key_id: canary("google") }),
  GOOGLE_OAUTH_ACCESS_TOKEN: canary("oauth"),
  AWS_SECRET_ACCESS_KEY: canary("aws"),
  HTTPS_PROXY: `http://ada:${canary("proxy")}@127.0.0.1:9`,
  PROXY_LOGIN: `till:${canary("proxyLogin")}`,
  SSH_HASH_OF_ANN: `$y$j9T$${canary("hash")}`,
  SECRET_OF_MINE: canary("mine"),
  DATABASE_URL: `postgres://ada:${canary("database")}@db.example/shop`,
} as const;

/** Every secret of a project, by name. */
export function canariesOf(folder: string): Secrets {
  const { fleet } = loadFleet(join(folder, "fleet.yaml"), { ...grammar, key: rootKey });
  const texts = { ...printed, urlPassword, ...variables };
  return new Map([
    ...derivedSecrets(fleet, keyBytes),
    ...Object.entries(texts)
      .filter(([name]) => name !== "FLOTILLA_KEY")
      .map(([name, text]) => {
        const [secret] = /\w+CanaryOf\w+/.exec(text) ?? [text];
        return [name, [Buffer.from(secret)]] as const;
      }),
  ]);
}

/** Hooks, in the operator's repository and in the state repository, that all see a commit or a push. */
const hooks =
  `pre-commit prepare-commit-msg commit-msg post-commit pre-push reference-transaction post-checkout
  post-index-change pre-receive update post-receive post-update`.split(/\s+/);
/** What Git runs by its configuration. */
const helpers = ["fsmonitor", "credential", "filter", "gpg", "ssh"] as const;
const programs = ["terraform", "kubectl", "gcloud", "helm", "gke-gcloud-auth-plugin"] as const;

export interface Spies {
  /** For the command. */
  readonly environment: Readonly<Record<string, string>>;
  /** `program/part` and its bytes, for each thing that each program saw. */
  readonly recordings: () => readonly (readonly [string, Buffer])[];
  /** What the programs had open, besides pipes and themselves. */
  readonly openFiles: () => readonly string[];
}

/** @param isBroken whether each program fails, after it has said all it knows */
export function makeSpies(
  place: string,
  folder: string,
  cloud: FakeCloud,
  isBroken: boolean,
): Spies {
  const records = join(place, "records");
  const bin = join(place, "bin");
  const home = join(place, "home");
  const temporary = join(place, "tmp");
  for (const each of [records, bin, join(place, "hooks"), home, temporary]) mkdirSync(each);
  const spy = (path: string, name: string, then: string, isFailing = isBroken) => {
    const end = isFailing ? `leak; exit 1` : then;
    writeFileSync(path, script(name, records, folder, end));
    chmodSync(path, 0o755);
    return path;
  };
  const [cloudPath = "", hubPath = ""] = cloud.environment["PATH"]?.split(":") ?? [];
  for (const name of programs) {
    const real = join(name === "kubectl" ? hubPath : cloudPath, name);
    spy(join(bin, name), name, `exec ${real} "$@" <"$record/input"`);
  }
  spy(join(bin, "git"), "git", `exec ${which("git")} "$@"`, false);
  // A command of the user's, which has the terminal: what it prints is the user's.
  spy(join(bin, "mine"), "mine", "exit 0", false);
  for (const name of hooks) spy(join(place, "hooks", name), `hook-${name}`, "exit 0");
  const [fsmonitor, credential, filter, gpg, ssh] = helpers.map((name) =>
    spy(join(bin, `spy-${name}`), name, endings[name], isBroken && name !== "filter"),
  );
  const attributes = join(home, "attributes");
  writeFileSync(attributes, "* filter=spy\n");
  const config = `[user]\nname = Ada\nemail = ada@cornercafe.example\n
    [core]\nhooksPath = ${join(place, "hooks")}\nfsmonitor = ${fsmonitor}
    sshCommand = ${ssh}\nattributesFile = ${attributes}
    [credential]\nhelper = ${credential}\n[commit]\ngpgSign = true\n[gpg]\nprogram = ${gpg}
    [filter "spy"]\nclean = ${filter}\nsmudge = ${filter}
    [url "http://ada:${urlPassword}@127.0.0.1:9/"]\ninsteadOf = https://git.cornercafe.example/\n`;
  writeFileSync(join(home, ".gitconfig"), config);
  const path = [bin, ...(cloud.environment["PATH"] ?? "").split(":")].join(":");
  const one = (entry: string) => readdirSync(entry).map((name) => join(entry, name));
  return {
    environment: {
      ...variables,
      PATH: path,
      HOME: home,
      TMPDIR: temporary,
      NO_PROXY: "127.0.0.1",
      GIT_CONFIG_SYSTEM: "/dev/null",
    },
    recordings: () =>
      one(records).flatMap((record) =>
        ["environment", "arguments", "input"].map((part) => {
          const [name = ""] = relative(records, record).split(".");
          return [`${name}/${part}`, readFileSync(join(record, part))] as const;
        }),
      ),
    openFiles: () => [
      ...new Set(
        one(records).flatMap((record) =>
          readFileSync(join(record, "files"), "utf8")
            .split("\n")
            .filter((file) => !/^$|^(pipe|socket|anon_inode):|^\/dev\/null$/.test(file))
            .filter(
              (file) => !file.startsWith(`${place}/`) || /\.key$|\/dist\/(edge|kube)/.test(file),
            )
            .map((file) => `${relative(records, record).split(".")[0]}: ${file}`),
        ),
      ),
    ],
  };
}

const endings = {
  fsmonitor: "exit 1",
  credential: "exit 0",
  filter: 'cat "$record/input"',
  gpg: `printf '\\n[GNUPG:] SIG_CREATED D 1 8 00 1 X\\n' >&2
printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nAA==\\n-----END PGP SIGNATURE-----\\n'`,
  ssh: "exit 1",
} as const;

function which(name: string): string {
  return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
}

/** Git's own input is the commit, which is looked at in the repositories. */
const script = (name: string, records: string, folder: string, end: string) => `#!/bin/sh
record=$(mktemp -d "${records}/${name}.XXXXXX")
cat /proc/$$/environ >"$record/environment"
for fd in /proc/$$/fd/*; do readlink "$fd"; done >"$record/files"
printf '%s\\n' "$@" >"$record/arguments"
if [ ${name} = git ]; then : >"$record/input"; else cat >"$record/input"; fi
leak() {
  for file in "${folder}"/*.key /proc/$$/environ /proc/$PPID/environ; do
    [ -e "$file" ] || continue
    echo "$file:"
    tr '\\0' '\\n' <"$file"
    tr '\\0' '\\n' <"$file" | base64 -w 20
    od -An -v -tx1 "$file"
  done 2>/dev/null
}
case ${name} in git|mine) ;; *) leak >&2 ;; esac
${end}
`;

export interface CommandRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `flotilla` as a process of its own. */
export async function runProgram(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  input = "",
): Promise<CommandRun> {
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, env: environment });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  child.stdin.on("error", () => {}).end(input);
  const code = await new Promise<number>((resolve) =>
    child.on("close", (status) => resolve(status ?? -1)),
  );
  return { code, out, err };
}

/** Places of a secret, whatever stands between its characters. */
export function searchFor(secrets: Secrets) {
  const search = secretSearch(secrets);
  return (files: Iterable<readonly [string, Buffer | string]>): string[] => {
    const forms = [...files].flatMap(([name, content]) => {
      const text = Buffer.from(content).toString("latin1");
      const joined = text.replaceAll(
        /\u001b\[\d*m|\n(?:remote|fatal|hint|error): |[\s"'\\|│]/g,
        "",
      );
      return [[name, text] as const, [name, joined] as const].map(
        ([file, form]) => [file, Buffer.from(form, "latin1")] as const,
      );
    });
    return search(forms);
  };
}

/** Every file below a folder. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}

/** Every object of a repository, reachable or not. */
export function gitObjects(repository: string): Buffer {
  return execFileSync(
    "git",
    ["-C", repository, "cat-file", "--batch-all-objects", "--batch", "--unordered"],
    { maxBuffer: 1 << 28 },
  );
}
