/** The facts about a device in its registration in the state repository, without secrets. */
import {
  architectureLabel,
  deviceAddress,
  deviceLabel,
  imageAnnotation,
  profileLabel,
  ringLabel,
  siteLabel,
} from "../../fleet/model/contract.ts";
import { isMapping } from "../../fleet/model/values.ts";
import { fieldChanges } from "./field-changes.ts";
import type { FieldChange } from "./plan.ts";
import { documentsOf, type Fields } from "./object-changes.ts";

export type Labels = Readonly<Record<string, string>>;

/** The contents of a registration. */
export interface Registered {
  /** All of them, as selectors see them. */
  readonly labels: Labels;
  /** Facts with the names of the fleet file, in the order of output. */
  readonly facts: Fields;
  /** Null if none was published. */
  readonly image: string | null;
}

/** If one of these changes, the hub can't reach the device until it is reinstalled. */
const identityFields = ["generation", "serverName", "rootCertificate", "connectivity"];

/** The same for devices with a tunnel: the device has the address of its end. */
const tunnelFields = ["address"];

/** Undefined if the text is not a registration, because it was edited by hand. */
export function parseRegistration(text: string | undefined): Registered | undefined {
  const [secret] = documentsOf(text) ?? [];
  const metadata = secret?.["metadata"];
  const data = secret?.["stringData"];
  if (!isMapping(metadata) || !isMapping(data)) return undefined;
  const labels = (isMapping(metadata["labels"]) ? metadata["labels"] : {}) as Labels;
  const annotations = isMapping(metadata["annotations"]) ? metadata["annotations"] : {};
  const image = annotations[imageAnnotation];
  return {
    labels,
    facts: factsOf(labels, data),
    image: typeof image === "string" ? image : null,
  };
}

const labelPrefix = "flotilla.dev/";

/** Labels that are facts of their own. */
const named = new Set([deviceLabel, ringLabel, siteLabel, profileLabel, architectureLabel]);

function factsOf(labels: Labels, data: Fields): Fields {
  const { proxyUrl, tlsClientConfig, execProviderConfig, ...rest } = connectionOf(data["config"]);
  const tls = isMapping(tlsClientConfig) ? tlsClientConfig : {};
  const [, generation = "1"] = /^[^.]+\.g(\d+)\./.exec(String(tls["serverName"] ?? "")) ?? [];
  const own = Object.entries(labels).filter(([name]) => !/^(flotilla\.dev|argocd\.)/.test(name));
  const derived = Object.entries(labels).filter(
    ([name]) => name.startsWith(labelPrefix) && !named.has(name),
  );
  return {
    generation: Number(generation),
    ring: labels[ringLabel],
    site: labels[siteLabel],
    profile: labels[profileLabel],
    architecture: labels[architectureLabel],
    labels: Object.fromEntries(own),
    // What follows from the site: its calendar, and the project of its applications.
    derived: Object.fromEntries(
      derived.map(([name, value]) => [name.slice(labelPrefix.length), value]),
    ),
    connectivity: proxyUrl === undefined ? "direct" : "gateway",
    address: deviceAddress(String(data["server"] ?? "")),
    gateway: proxyUrl,
    // Without the generation, which is a fact of its own.
    serverName: String(tls["serverName"] ?? "").replace(/^([^.]+)\.g\d+\./, "$1."),
    // Public, but not readable: it is enough to know that it changes.
    rootCertificate: tls["caData"],
    credential: execProviderConfig,
    shard: data["shard"],
    other: Object.keys(rest).length > 0 ? rest : undefined,
  };
}

/** Argo CD's ClusterConfig. */
function connectionOf(config: unknown): Fields {
  try {
    const value: unknown = JSON.parse(String(config));
    return isMapping(value) ? value : {};
  } catch {
    return {};
  }
}

/** Long values, and Argo CD's credentials. */
const hiddenFacts = new Set(["rootCertificate", "credential", "other"]);

export function registrationChanges(before: Fields, after: Fields): readonly FieldChange[] {
  return Object.keys(after).flatMap((key): readonly FieldChange[] => {
    const changes = fieldChanges(before[key], after[key], key === "derived" ? "" : key);
    return changes.length > 0 && hiddenFacts.has(key) ? [{ path: key, secret: true }] : changes;
  });
}

/** Whether the hub can't reach the device after these changes until it is reinstalled. */
export function cutsOff(fields: readonly FieldChange[], isDirect: boolean): boolean {
  // The address of a direct device does not come from its image.
  const cutting = isDirect ? identityFields : [...identityFields, ...tunnelFields];
  return fields.some(({ path }) => cutting.includes(path));
}
