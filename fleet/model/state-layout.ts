/**
 * The layout of the state repository: one table that builds and parses every path. A path tells
 * what its file is about, which plans and commit messages use.
 */

/**
 * What a rendering is for: a ring of a workload; in it one site (for upgrades a calendar), or null.
 */
export interface RenderingPlace {
  readonly workload: string;
  readonly ring: string;
  readonly site: string | null;
}

/** A file of the state repository, by its subject. */
export type StateFile =
  /** The Application that bootstrap applies. */
  | { readonly kind: "root" }
  /** Values of Argo CD's chart. */
  | { readonly kind: "argoCdValues" }
  /** Argo CD's own objects, and those of what belongs to it. */
  | { readonly kind: "argoCd"; readonly part: string }
  /** The hub's client certificate. */
  | { readonly kind: "identity" }
  /** The program that takes workloads' Secrets to devices. */
  | { readonly kind: "courier" }
  /** An add-on's Application, namespace and network. */
  | { readonly kind: "addon"; readonly addon: string }
  /** One of the objects that an add-on's chart does not make. */
  | { readonly kind: "addonObject"; readonly addon: string; readonly object: string }
  | { readonly kind: "gatewayNamespace" }
  | { readonly kind: "gateway"; readonly gateway: string }
  /** The devices that may connect to a gateway. */
  | { readonly kind: "peers"; readonly gateway: string }
  /** A device's registration with Argo CD. */
  | { readonly kind: "registration"; readonly device: string }
  /** The ApplicationSets of a workload. */
  | { readonly kind: "rollouts"; readonly workload: string }
  /** The ApplicationSets of K3s upgrades. */
  | { readonly kind: "upgradeRollouts" }
  /** What takes the statement of the hub to devices without a tunnel. */
  | { readonly kind: "hubStatementRollout" }
  /** The statement itself. */
  | { readonly kind: "hubStatement" }
  /** The project of a site whose workloads change in its windows only. */
  | { readonly kind: "siteProject"; readonly site: string }
  /** An object that runs on devices; `object` is the file's name with its ending. */
  | ({ readonly kind: "rendered"; readonly object: string } & RenderingPlace);

const hub = "hub";
const identity = `${hub}/identity`;
const addon = `${hub}/platform/{addon}`;
/** The part in brackets is omitted if its field is null. */
const ringAndSite = "{ring}[@{site}]";
const statement = "edge/hub-statement";
const rendering = `edge/{workload}/${ringAndSite}`;

/** If a path matches several templates, the first one applies. */
const templates: Readonly<Record<StateFile["kind"], string>> = {
  root: "root.yaml",
  argoCdValues: `${hub}/argocd/values.yaml`,
  argoCd: `${hub}/argocd/{part}.yaml`,
  identity: `${identity}/identity.yaml`,
  courier: `${hub}/fleet-secrets/courier.yaml`,
  addon: `${addon}.yaml`,
  addonObject: `${addon}/{object}`,
  gatewayNamespace: `${hub}/gateway/namespace.yaml`,
  peers: `${hub}/gateway/{gateway}-peers.yaml`,
  gateway: `${hub}/gateway/{gateway}.yaml`,
  registration: `${hub}/fleet/clusters/{device}.yaml`,
  rollouts: `${hub}/fleet/workloads/{workload}.yaml`,
  upgradeRollouts: `${hub}/fleet/upgrades.yaml`,
  hubStatementRollout: `${hub}/fleet/hub-statement.yaml`,
  hubStatement: `${statement}/statement.yaml`,
  siteProject: `${hub}/fleet/projects/{site}.yaml`,
  rendered: `${rendering}/{object}`,
};

type Fields = Readonly<Record<string, string | null>>;

/** The path of a file, relative to the top of the repository. */
export function statePath(file: StateFile): string {
  return fill(templates[file.kind], { ...file });
}

/** What a path is about, or undefined if it is not a path of Flotilla's. */
export function parseStatePath(path: string): StateFile | undefined {
  for (const [kind, pattern] of patterns) {
    const found = pattern.exec(path);
    if (found === null) continue;
    const fields = Object.entries({ ...found.groups }).map(([name, value]) => [
      name,
      // A group that took no part in the match.
      (value as string | undefined) ?? null,
    ]);
    return { kind, ...Object.fromEntries(fields) } as StateFile;
  }
  return undefined;
}

/** The folder that Argo CD's root Application reads, with its subfolders. */
export const hubFolder = hub;

/** The folders at the top of the repository that Argo CD reads. */
export const stateFolders: ReadonlySet<string> = new Set(
  Object.values(templates).flatMap((path) => /^([^/]+)\//.exec(path)?.[1] ?? []),
);

/** The folder of the Applications that take the statement to devices. */
export const hubStatementFolder = statement;

/** The folder of the Application `identity`. */
export const identityFolder = identity;

/** The folder of an add-on's own objects; `*` matches any add-on. */
export function addonFolder(name: string): string {
  return fill(addon, { addon: name });
}

/** The folder of a rendering. */
export function renderingFolder({ workload, ring, site }: RenderingPlace): string {
  return fill(rendering, { workload, ring, site });
}

/** The name of that folder: `early`, `early@boston`. */
export function renderingName({ ring, site }: Omit<RenderingPlace, "workload">): string {
  return fill(ringAndSite, { ring, site });
}

function fill(template: string, fields: Fields): string {
  return template
    .replaceAll(/\[([^\]]*)\]/g, (_, part: string) => {
      const [, name = ""] = /\{(\w+)\}/.exec(part) ?? [];
      return fields[name] === null ? "" : part;
    })
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => String(fields[name]));
}

/** The pattern of each template. `@` separates a ring from a site, and no name contains it. */
const patterns = Object.entries(templates).map(([kind, template]) => {
  const source = template
    .replaceAll(".", "\\.")
    .replaceAll(/\[([^\]]*)\]/g, "(?:$1)?")
    .replaceAll(
      /\{(\w+)\}/g,
      (_, name: string) => `(?<${name}>${name === "object" ? "[^/]+" : "[^/@]+"})`,
    );
  return [kind as StateFile["kind"], new RegExp(`^${source}$`)] as const;
});
