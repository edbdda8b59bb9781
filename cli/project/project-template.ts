/**
 * The files of a new project: texts of cli/project/template/, with the user's settings in place of
 * `{{words}}`. Names end in `.txt` where npm, TypeScript or another program would take a template for
 * a file of Flotilla itself.
 */
import { createHash } from "node:crypto";
import { stringify } from "yaml";
import { sourceText } from "../../fleet/files/source-text.ts";

export interface ProjectSettings {
  /** The fleet's name. */
  readonly name: string;
  readonly domain: string;
  /** ID of the Google Cloud project. */
  readonly project: string;
  /** URL of the state repository. @default there is none yet: one on this machine is used */
  readonly repository?: string;
}

/** Where each file of a project goes, and its template. fleet.yaml is apart from them. */
const templates: readonly (readonly [path: string, template: string])[] = [
  ["package.json", "package.json.txt"],
  ["tsconfig.json", "tsconfig.json"],
  ["cdktf.json", "cdktf.json"],
  ["cdk8s.yaml", "cdk8s.yaml"],
  ["Makefile", "Makefile"],
  ["README.md", "README.md.txt"],
  ["infra/main.ts", "infra-main.ts.txt"],
  ["gitops/main.ts", "gitops-main.ts.txt"],
  ["gitops/workloads/hello.ts", "hello.ts.txt"],
  ["edge/main.ts", "edge-main.ts.txt"],
  ["test/hello.test.ts", "hello-test.ts.txt"],
  [".github/workflows/pull-request.yaml", "github/workflows/pull-request.yaml"],
  [".github/workflows/publish.yaml", "github/workflows/publish.yaml"],
  [".github/workflows/nightly.yaml", "github/workflows/nightly.yaml"],
  ["flotilla.config.ts", "flotilla.config.ts.txt"],
];

/**
 * The other files of a project, by path.
 *
 * @param flotilla where npm finds this Flotilla: a version, or `file:` and a path
 */
export function projectFiles(
  { name }: ProjectSettings,
  flotilla: string,
): readonly (readonly [path: string, text: string])[] {
  const words = {
    name,
    packageName: JSON.stringify(name),
    flotilla: JSON.stringify(flotilla),
    projectId: idOf(name),
  };
  return templates.map(([path, template]) => [path, filled(template, words)]);
}

/**
 * The package.json of a project that links Flotilla's folder, and not a copy: it links the packages
 * whose classes it shares with Flotilla, too, so that there is one copy of each.
 *
 * @param linked their specifiers, by name
 */
export function withLinks(manifest: string, linked: Readonly<Record<string, string>>): string {
  const { devDependencies, ...others } = JSON.parse(manifest);
  const merged = { ...others, devDependencies: { ...devDependencies, ...linked } };
  return `${JSON.stringify(merged, undefined, 2)}\n`;
}

export function gitignoreText(): string {
  return filled("gitignore", {});
}

/** @param hasOwnCode whether the first workload of its own is there too */
export function fleetText(settings: ProjectSettings, hasOwnCode: boolean): string {
  const { name, domain, project, repository = exampleRepository(name) } = settings;
  const words = { name, domain, project, repository };
  const scalars = Object.entries(words).map(([key, value]) => [key, scalar(value)] as const);
  const text = filled("fleet.yaml.txt", Object.fromEntries(scalars));
  const published = settings.repository === undefined ? text : withoutLocalRepository(text);
  return hasOwnCode ? `${published}${filled("fleet-hello.yaml.txt", {})}` : published;
}

/** What a fleet of this name starts with. */
export function defaultSettings(name: string): Required<ProjectSettings> {
  const company = name.replaceAll("-", "");
  return {
    name,
    domain: `edge.${company}.example`,
    project: `${company}-edge-hub`,
    repository: exampleRepository(name),
  };
}

function exampleRepository(name: string): string {
  return `https://git.${name.replaceAll("-", "")}.example/fleet-state.git`;
}

function withoutLocalRepository(text: string): string {
  return text
    .replace(/^# The Git repository [^]*?(?=^repository:)/m, "# What Argo CD reads.\n")
    .replace(/^ {2}push: .*\n/m, "");
}

/** One line of YAML. */
function scalar(value: string): string {
  return stringify(value, { lineWidth: 0, blockQuote: false }).trimEnd();
}

function filled(template: string, words: Readonly<Record<string, string>>): string {
  const text = sourceText(`cli/project/template/${template}`);
  return text.replaceAll(/\{\{(\w+)\}\}/g, (place, word: string) => words[word] ?? place);
}

/** cdktf wants a UUID (RFC 9562, version 8: made by a custom method). */
function idOf(name: string): string {
  const hex = createHash("sha256").update(`flotilla project ${name}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
