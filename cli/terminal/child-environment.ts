/**
 * The environment of the programs that Flotilla starts. A program gets the variables that it is known
 * to read, by name or by family, and never all of them: Git runs hooks and credential helpers, Terraform
 * runs providers, and each of them could print or send what it finds.
 */
import { basename } from "node:path";

/** What every program may need: where things are, the language, the network, the login's agents. */
const commonNames: ReadonlySet<string> = new Set(
  `
  PATH HOME USER LOGNAME SHELL PWD TMPDIR TMP TEMP
  LANG LANGUAGE TZ TERM COLORTERM NO_COLOR DISPLAY WAYLAND_DISPLAY
  HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy
  SSL_CERT_FILE SSL_CERT_DIR DBUS_SESSION_BUS_ADDRESS GNUPGHOME GPG_TTY
  SystemRoot SYSTEMROOT USERPROFILE APPDATA LOCALAPPDATA PATHEXT COMSPEC
`
    .trim()
    .split(/\s+/),
);
const commonFamilies = ["LC_", "XDG_", "SSH_"];

const google = ["CLOUDSDK_", "GOOGLE_", "GCLOUD_", "USE_GKE_"];

/** The families of variables that each program reads, besides the common ones. */
const families: Readonly<Record<string, readonly string[]>> = {
  git: ["GIT_", "GCM_", "GH_", "GITHUB_"],
  terraform: ["TF_", "CHECKPOINT_", "HELM_", "KUBE", "GH_", "GITHUB_", ...google],
  // Its login plugins are those of the clouds.
  kubectl: ["KUBE", "AWS_", "AZURE_", "AAD_", ...google],
  // It writes the kubeconfig.
  gcloud: ["KUBE", ...google],
};

/** Names further variables for all programs, separated by commas: `FLOTILLA_PASS=VAULT_ADDR,VAULT_TOKEN`. */
const passVariable = "FLOTILLA_PASS";

/** Variables that the fleet file names as secrets of devices. */
const withheld = new Set<string>();

/** From now on no program gets these variables, unless the user passes them by name. */
export function withholdVariables(names: Iterable<string>): void {
  for (const name of names) withheld.add(name);
}

/** The values of the variables that are withheld. */
export function withheldValues(
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  return [...withheld].flatMap((name) => environment[name] ?? []);
}

/** Flotilla's own variables may hold secrets (the root key, the state repository's password). */
const ownFamily = "FLOTILLA_";

/**
 * The variables of `environment` that a program gets.
 *
 * @param program by its name or path; an unknown one gets the common variables only
 */
export function childEnvironment(
  program: string,
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const passed = new Set((environment[passVariable] ?? "").split(",").map((name) => name.trim()));
  const known = [...commonFamilies, ...(families[basename(program)] ?? [])];
  const isKnown = (name: string) =>
    commonNames.has(name) || known.some((family) => name.startsWith(family));
  return pick(environment, (name) => passed.has(name) || (isKnown(name) && !withheld.has(name)));
}

/** For a command that the user gave: the user's own environment without Flotilla's variables. */
export function commandEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return pick(environment, () => true);
}

function pick(
  environment: Readonly<Record<string, string | undefined>>,
  isWanted: (name: string) => boolean,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value !== undefined && !name.startsWith(ownFamily) && isWanted(name) ? [[name, value]] : [],
    ),
  );
}
