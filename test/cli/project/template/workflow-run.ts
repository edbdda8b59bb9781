/**
 * Runs the steps of workflows as GitHub's runner does, word for word: in a project whose GitHub is played
 * by programs of the same names (`ssh`, `gh`, `gcloud`), without a network.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { formatRootKey } from "../../../../fleet/keys/root-key.ts";
import { flotilla } from "../../command-line.ts";
import { fleetText } from "../../plan/workplace.ts";
import { git } from "../../publish/state-repository.ts";
import { temporaryFolder } from "../../temporary.ts";

const root = join(import.meta.dirname, "..", "..", "..", "..");
export const workflowFolder = join(root, "cli", "project", "template", "github", "workflows");

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Job {
  readonly if?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly "timeout-minutes"?: number;
  readonly steps: readonly Step[];
}

export interface Workflow {
  readonly permissions: unknown;
  readonly concurrency: Readonly<Record<string, unknown>>;
  readonly defaults: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

export function readWorkflow(name: string): Workflow {
  return parse(readFileSync(join(workflowFolder, `${name}.yaml`), "utf8")) as Workflow;
}

export interface JobRun {
  /** Names of the steps that ran; the last one may have failed. */
  readonly steps: readonly string[];
  readonly code: number;
  readonly log: string;
  /** What the steps wrote for later ones, and what they showed on the run's page. */
  readonly outputs: string;
  readonly summary: string;
}

export interface Project {
  readonly folder: string;
  /** What is behind git@github.com, and the origin of the project. */
  readonly state: string;
  readonly origin: string;
  readonly publishingKey: string;
  readonly path: (name: string) => string;
  readonly edit: (from: string, to: string) => void;
  /** A program that is found before all others. */
  readonly play: (name: string, script: string) => void;
  /** @param expressions the values of `${{ … }}` in the steps' variables; an unknown one is an error */
  readonly runJob: (
    workflow: string,
    job: string,
    expressions: Readonly<Record<string, string>>,
  ) => JobRun;
  /** Runs commands of another forge's jobs in the same way. */
  readonly runScript: (script: string, variables: Readonly<Record<string, string>>) => JobRun;
}

/** A fleet as somebody with the root key commits it, and a clone of it as CI has it. */
export async function ciProject(): Promise<Project> {
  const top = temporaryFolder();
  const path = (name: string) => join(top, name);
  for (const each of ["fleet", "home", "bin", "runner", "package"]) mkdirSync(path(each));
  const play = (name: string, script: string) => {
    // Flotilla passes on no variables that it does not know, so the folder is written in.
    writeFileSync(path(`bin/${name}`), script.replaceAll("$PLAYED", top));
    chmodSync(path(`bin/${name}`), 0o755);
  };
  play("ssh", ssh);
  play("gh", gh);
  play("gcloud", '#!/bin/sh\necho "gcloud $*" >> "$PLAYED/calls"\n');
  git(top, "init", "--quiet", "--bare", "--initial-branch=main", path("state.git"));
  git(top, "init", "--quiet", "--bare", "--initial-branch=main", path("fleet.git"));
  const publishingKey = await makeFleet(path);
  const variables = {
    PATH: [path("bin"), process.env["PATH"]].join(delimiter),
    HOME: path("home"),
    GIT_CONFIG_SYSTEM: "/dev/null",
    RUNNER_TEMP: path("runner"),
    GITHUB_REPOSITORY: "harbor/fleet",
    GITHUB_REF_NAME: "main",
    GITHUB_ACTOR: "ann",
    GITHUB_OUTPUT: path("output"),
    GITHUB_STEP_SUMMARY: path("summary"),
  };
  return {
    folder: path("fleet"),
    state: path("state.git"),
    origin: path("fleet.git"),
    publishingKey,
    path,
    play,
    edit: (from, to) => {
      const file = path("fleet/fleet.yaml");
      const text = readFileSync(file, "utf8");
      if (!text.includes(from)) throw new Error(`fleet.yaml has no ${from}`);
      writeFileSync(file, text.replace(from, to));
    },
    runJob: (workflow, job, expressions) => {
      const steps = readWorkflow(workflow).jobs[job]?.steps ?? [];
      return runSteps(steps, path, variables, expressions);
    },
    runScript: (run, env) => runSteps([{ name: "script", run, env }], path, variables, {}),
  };
}

/** @returns the publishing key */
async function makeFleet(path: (name: string) => string): Promise<string> {
  const folder = path("fleet");
  const write = (name: string, text: string) => writeFileSync(path(name), text);
  // As an installed one: npm links it, and this checkout is what runs.
  const program = join(root, "cli", "flotilla.mjs");
  write("package/package.json", '{"name":"flotilla","version":"0.0.0","bin":"flotilla.mjs"}');
  write("package/flotilla.mjs", `#!/usr/bin/env node\nimport ${JSON.stringify(program)};\n`);
  chmodSync(path("package/flotilla.mjs"), 0o755);
  const manifest = {
    scripts: { test: "node -e 0" },
    devDependencies: { flotilla: "file:../package" },
  };
  write("fleet/package.json", JSON.stringify(manifest));
  execFileSync("npm", ["install", "--offline", "--package-lock-only"], { cwd: folder });
  const url = 'url: "https://github.com/harbor/fleet-state.git"';
  write("fleet/fleet.yaml", fleetText.replace(/url: .*push: [^ ]+/, url));
  write("fleet/.gitignore", "node_modules/\ndist/\n*.key\n");
  const environment = { FLOTILLA_KEY: formatRootKey(new Uint8Array(32).fill(7)).trim() };
  for (const args of [["keygen", "--publishing"], ["synth"]]) {
    const { code, err } = await flotilla(folder, args, environment);
    if (code !== 0) throw new Error(err);
  }
  const publishingKey = readFileSync(path("fleet/publishing.key"), "utf8").trim();
  for (const name of ["publishing.key", "dist"]) rmSync(join(folder, name), { recursive: true });
  git(folder, "init", "--quiet", "--initial-branch=main");
  git(folder, "remote", "add", "origin", path("fleet.git"));
  git(folder, "add", ".");
  const author = ["-c", "user.name=Ann", "-c", "user.email=ann@harbor.example"];
  git(folder, ...author, "commit", "--quiet", "--message", "The fleet");
  git(folder, "push", "--quiet", "origin", "main");
  return publishingKey;
}

function runSteps(
  steps: readonly Step[],
  path: (name: string) => string,
  variables: Readonly<Record<string, string>>,
  expressions: Readonly<Record<string, string>>,
): JobRun {
  for (const each of ["output", "summary"]) writeFileSync(path(each), "");
  const ran: string[] = [];
  let log = "";
  let code = 0;
  for (const { name = "", run, env = {} } of steps) {
    if (run === undefined) continue;
    ran.push(name);
    writeFileSync(path("runner/step.sh"), run);
    // What `shell: bash` means.
    const args = ["--noprofile", "--norc", "-eo", "pipefail", path("runner/step.sh")];
    const own = Object.entries(env).map(([key, text]) => [key, evaluated(text, expressions)]);
    const result = spawnSync("bash", args, {
      cwd: path("fleet"),
      encoding: "utf8",
      env: { ...variables, ...Object.fromEntries(own) },
    });
    log += `# ${name}\n${result.stdout}${result.stderr}`;
    code = result.status ?? 1;
    if (code !== 0) break;
  }
  const [outputs, summary] = ["output", "summary"].map((each) => readFileSync(path(each), "utf8"));
  return { steps: ran, code, log, outputs: outputs ?? "", summary: summary ?? "" };
}

function evaluated(text: string, expressions: Readonly<Record<string, string>>): string {
  return String(text).replaceAll(/\$\{\{ (.+?) \}\}/g, (_, expression: string) => {
    const value = expressions[expression];
    if (value === undefined) throw new Error(`no value of ${expression}`);
    return value;
  });
}

/** What was written to a file of the programs that play. */
export function played(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** GitHub's SSH: one repository, for who shows a key that only its owner can read. */
const ssh = `#!/bin/bash
set -eu
echo "ssh $*" >> "$PLAYED/calls"
# Git asks which options this ssh knows.
[ "\${1:-}" != -G ] || exit 0
while [ $# -gt 2 ]; do
  if [ "$1" = -i ]; then key=$2; fi
  shift
done
[ "$1" = git@github.com ] || { echo "unknown host $1" >&2; exit 255; }
[ "$(stat -c %a "$key")" = 600 ] || { echo "UNPROTECTED PRIVATE KEY FILE" >&2; exit 255; }
case "$2" in
  "git-upload-pack 'harbor/fleet-state.git'") grep -qE 'read|write' "$key" && exec git-upload-pack "$PLAYED/state.git" ;;
  "git-receive-pack 'harbor/fleet-state.git'") grep -q write "$key" && exec git-receive-pack "$PLAYED/state.git" ;;
esac
echo "Permission denied (publickey)." >&2
exit 255
`;

/** The part of \`gh\` that the workflows use. Comments and pull requests are files. */
const gh = `#!/usr/bin/env node
const fs = require("node:fs");
const at = (name) => "$PLAYED/" + name;
const args = process.argv.slice(2);
fs.appendFileSync(at("calls"), "gh " + args.join(" ") + "\\n");
if (process.env.GH_TOKEN !== "token") { console.error("gh: To use GitHub CLI in a GitHub Actions workflow, set the GH_TOKEN environment variable."); process.exit(4); }
const read = (name) => (fs.existsSync(at(name)) ? JSON.parse(fs.readFileSync(at(name), "utf8")) : []);
const write = (name, value) => fs.writeFileSync(at(name), JSON.stringify(value));
const option = (name) => args[args.indexOf(name) + 1];
if (args[0] === "api") {
  const comments = read("comments");
  const url = args.find((each) => each.startsWith("repos/"));
  const file = args.includes("--field") ? option("--field").replace(/^body=@/, "") : undefined;
  const body = file && fs.readFileSync(file, "utf8");
  if (body !== undefined && body.length > 65536) { console.error("gh: Body is too long (HTTP 422)"); process.exit(1); }
  const list = "repos/harbor/fleet/issues/12/comments";
  const method = args.includes("--method") ? option("--method") : "GET";
  const one = comments.find(({ id }) => url === "repos/harbor/fleet/issues/comments/" + id);
  if (method === "GET" && url === list) {
    // A page of two at a time, as --paginate prints them.
    for (let index = 0; index < Math.max(1, comments.length); index += 2) process.stdout.write(JSON.stringify(comments.slice(index, index + 2)));
  } else if (method === "POST" && url === list) write("comments", [...comments, { id: 100 + comments.length, user: { login: "github-actions[bot]" }, body }]);
  else if (method === "PATCH" && one) { one.body = body; write("comments", comments); }
  else { console.error("gh: Not Found (HTTP 404)"); process.exit(1); }
} else if (args[0] === "pr") {
  const pulls = read("pulls");
  const body = args.includes("--body-file") ? fs.readFileSync(option("--body-file"), "utf8") : undefined;
  if (args[1] === "list") { if (pulls.length > 0) console.log(pulls[0].number); }
  else if (args[1] === "create") { write("pulls", [{ number: 12, title: option("--title"), body }]); console.log("https://github.com/harbor/fleet/pull/12"); }
  else if (args[1] === "edit" && args[2] === "12") { pulls[0].body = body; write("pulls", pulls); }
  else process.exit(1);
} else if (args.join(" ") !== "auth setup-git" && args[0] + args[1] !== "workflowrun") process.exit(1);
`;
