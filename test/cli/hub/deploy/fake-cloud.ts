/**
 * The programs of a deployment, of one test: scripts that record how they were called and answer
 * what they were told to. The real terraform is met in test/infra and test/google.
 */
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fakeHub, type FakeHub } from "../fake-kubectl.ts";
import { temporaryFolder } from "../../temporary.ts";

export interface FakeCloud {
  readonly environment: Readonly<Record<string, string>>;
  readonly hub: FakeHub;
  /** `program: arguments`, and of terraform the stack before its arguments; in order. */
  readonly calls: () => readonly string[];
  /** What follows for every call that has `words` in it: exit code, and what is printed. */
  readonly answer: (words: string, code: number, text?: string) => void;
  /** Makes every later call with these words run a line of sh. */
  readonly on: (words: string, line: string) => void;
  /** It can't be run any more, as after half an update. */
  readonly breaks: (program: string) => void;
}

const programs = ["terraform", "gcloud", "gke-gcloud-auth-plugin", "helm"] as const;

/** Everything there and logged in, and each plan with changes. */
export function fakeCloud(context: string): FakeCloud {
  const folder = temporaryFolder();
  const rules = join(folder, "rules");
  const log = join(folder, "log");
  const hub = fakeHub(context);
  writeFileSync(rules, "");
  for (const program of programs) {
    const path = join(folder, program);
    writeFileSync(path, script(program, folder));
    chmodSync(path, 0o755);
  }
  const on = (words: string, line: string) => {
    // The newest rule comes first.
    const rule = `*'${words}'*) ${line} ;;\n`;
    writeFileSync(rules, rule + readFileSync(rules, "utf8"));
    writeFileSync(join(folder, "cases"), `case $call in\n${readFileSync(rules, "utf8")}esac\n`);
  };
  const answer = (words: string, code: number, text = "") => {
    const quoted = `'${text.replaceAll("'", "'\\''")}'`;
    on(words, `printf '%s\\n' ${quoted} ${code === 0 || code === 2 ? "" : ">&2"}; exit ${code}`);
  };
  answer("terraform: version", 0, '{"terraform_version": "1.11.4"}');
  answer("gcloud: --version", 0, "Google Cloud SDK 528.0.0");
  answer("gke-gcloud-auth-plugin: --version", 0, "v0.5.10");
  answer("helm: version", 0, "v4.1.4");
  answer("gcloud: auth list", 0, "ada@cornercafe.example");
  answer("print-access-token", 0, "ya29.a-token");
  answer("billing projects describe", 0, '{"billingEnabled": true, "billingAccountName": "b/1"}');
  const services = "cloudresourcemanager.googleapis.com\nserviceusage.googleapis.com";
  answer("services list --enabled", 0, services);
  answer("regions describe", 0, '{"quotas": []}');
  answer("project-info describe", 0, '{"quotas": []}');
  answer(" plan ", 2, "Plan: 3 to add, 0 to change, 0 to destroy.");
  answer(" show ", 0, "{}");
  answer(" output ", 0, '{"name_servers": {"value": ["ns-cloud-a1.googledomains.com."]}}');
  hub.answer("version", '{"clientVersion": {"gitVersion": "v1.35.2"}}');
  return {
    environment: { PATH: `${folder}:${hub.environment["PATH"]}` },
    hub,
    calls: () => (existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : []),
    answer,
    on,
    breaks(program) {
      writeFileSync(join(folder, program), "#!/bin/sh\nexit 127\n");
    },
  };
}

const script = (program: string, folder: string) => `#!/bin/sh
call="${program}: $* "
case "${program}" in terraform) call="${program}: \${PWD##*/} $* " ;; esac
case "$*" in *--version*|version*) call="${program}: $* " ;; esac
printf '%s\\n' "$call" >>"${folder}/log"
env | grep -c FLOTILLA_KEY >>"${folder}/secrets"
. "${folder}/cases"
`;
