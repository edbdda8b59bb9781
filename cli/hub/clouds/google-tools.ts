/** The programs and the logins that a hub in Google Cloud needs on this machine. */
import { runProgram } from "../../terminal/programs.ts";
import type { Session } from "../../terminal/session.ts";
import { missing, ok, type Check } from "../checks/check.ts";
import type { Tool } from "../checks/tools.ts";

export const googleTools: readonly Tool[] = [
  {
    name: "gcloud",
    program: "gcloud",
    args: ["--version"],
    version: /Google Cloud SDK (\S+)/,
    install: "install it: https://cloud.google.com/sdk/docs/install",
  },
  {
    name: "gke-gcloud-auth-plugin",
    program: "gke-gcloud-auth-plugin",
    args: ["--version"],
    version: /v\d\S+/,
    install: "gcloud components install gke-gcloud-auth-plugin",
  },
];

export const kubectlInstall = "gcloud components install kubectl";

/** Terraform's provider reads credentials from these variables. */
const credentialVariables = ["GOOGLE_OAUTH_ACCESS_TOKEN", "GOOGLE_CREDENTIALS"];

/** The two logins: of gcloud, and of Terraform. */
export async function googleLogins(
  tools: readonly Check[],
  session: Session,
): Promise<readonly Check[]> {
  if (tools.find(({ name }) => name === "gcloud")?.state !== "ok") return [];
  const list = ["auth", "list", "--filter=status:ACTIVE", "--format=value(account)"];
  // It prints a token, which is not used.
  const token = ["auth", "application-default", "print-access-token"];
  const [account, application] = await Promise.all(
    [list, token].map((args) => runProgram("gcloud", args, session, { timeoutSeconds: 60 })),
  );
  const name = account?.stdout.trim() ?? "";
  const variable = credentialVariables.find((each) => session.environment[each]);
  const hasToken = application?.code === 0;
  const login = "gcloud auth application-default login";
  return [
    account?.code === 0 && name !== ""
      ? ok("gcloud login", name)
      : missing("gcloud login", "not logged in", "gcloud auth login"),
    hasToken || variable !== undefined
      ? ok("Terraform's login", hasToken ? "application-default credentials" : `$${variable}`)
      : missing("Terraform's login", "no application-default credentials", login),
  ];
}
