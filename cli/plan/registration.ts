/** A device as its registration in the state repository has it: facts without secrets. */
import {
  architectureLabel,
  deviceAddress,
  imageAnnotation,
  profileLabel,
  ringLabel,
  siteLabel,
} from "../../fleet/model/contract.ts";
import { fieldChanges, isFields } from "./fields.ts";
import type { FieldChange } from "./model.ts";
import { documentsOf, type Fields } from "./objects.ts";

export type Labels = Readonly<Record<string, string>>;

/** What a registration says. */
export interface Registered {
  /** All of them, as selectors see them. */
  readonly labels: Labels;
  /** What people and fleet files say of it, in the order in which it is told. */
  readonly facts: Fields;
  /** Null where none was published. */
  readonly image: string | null;
}

/** The facts that the hub reaches the device by: another one, and it has to be installed again. */
const ties = ["generation", "serverName", "rootCertificate", "connectivity"];

/** The same for devices with a tunnel, whose own end of it has the address. */
const tunnelTies = ["address"];

/** Undefined where the text is no registration: somebody edited it by hand. */
export function parseRegistration(text: string | undefined): Registered | undefined {
  const [secret] = documentsOf(text) ?? [];
  const metadata = secret?.["metadata"];
  const data = secret?.["stringData"];
  if (!isFields(metadata) || !isFields(data)) return undefined;
  const labels = (isFields(metadata["labels"]) ? metadata["labels"] : {}) as Labels;
  const annotations = isFields(metadata["annotations"]) ? metadata["annotations"] : {};
  const image = annotations[imageAnnotation];
  return {
    labels,
    facts: factsOf(labels, data),
    image: typeof image === "string" ? image : null,
  };
}

function factsOf(labels: Labels, data: Fields): Fields {
  const { proxyUrl, tlsClientConfig, execProviderConfig, ...rest } = connectionOf(data["config"]);
  const tls = isFields(tlsClientConfig) ? tlsClientConfig : {};
  const [, generation = "1"] = /^[^.]+\.g(\d+)\./.exec(String(tls["serverName"] ?? "")) ?? [];
  const own = Object.entries(labels).filter(([name]) => !/^(flotilla\.dev|argocd\.)/.test(name));
  return {
    generation: Number(generation),
    ring: labels[ringLabel],
    site: labels[siteLabel],
    profile: labels[profileLabel],
    architecture: labels[architectureLabel],
    labels: Object.fromEntries(own),
    connectivity: proxyUrl === undefined ? "direct" : "gateway",
    address: deviceAddress(String(data["server"] ?? "")),
    gateway: proxyUrl,
    // Of the name without its generation, which stands above.
    serverName: String(tls["serverName"] ?? "").replace(/^([^.]+)\.g\d+\./, "$1."),
    // A certificate is public, and nobody reads one: that it is another one is enough.
    rootCertificate: tls["caData"],
    credential: execProviderConfig,
    other: Object.keys(rest).length > 0 ? rest : undefined,
  };
}

/** Argo CD's ClusterConfig. */
function connectionOf(config: unknown): Fields {
  try {
    const value: unknown = JSON.parse(String(config));
    return isFields(value) ? value : {};
  } catch {
    return {};
  }
}

/** Long values, or such as Argo CD proves itself by. */
const untold = new Set(["rootCertificate", "credential", "other"]);

export function registrationChanges(before: Fields, after: Fields): readonly FieldChange[] {
  return Object.keys(after).flatMap((key): readonly FieldChange[] => {
    const changes = fieldChanges(before[key], after[key], key);
    return changes.length > 0 && untold.has(key) ? [{ path: key, secret: true }] : changes;
  });
}

/** Whether the hub loses the device by these changes until it is installed again. */
export function cutsOff(fields: readonly FieldChange[], isDirect: boolean): boolean {
  // One that is reached directly keeps its address whatever its image says.
  const cutting = isDirect ? ties : [...ties, ...tunnelTies];
  return fields.some(({ path }) => cutting.includes(path));
}
