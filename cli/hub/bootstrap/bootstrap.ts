/**
 * Places the secrets of a hub that must not be in Git: the CA of the hub's client certificates, the
 * gateways' keys, the credential of the state repository. It also records the owner of the hub.
 *
 * Everything is read before anything is written, so a refusal does not change the cluster.
 */
import { hubClientAuthority } from "../../../fleet/keys/authorities.ts";
import { gatewaysOf } from "../../../fleet/rules/gateways.ts";
import type { KeyPair } from "../../../fleet/keys/authorities.ts";
import {
  argoNamespace,
  gatewayNamespace,
  gatewaySecret,
  hubAuthoritySecret,
  podSecurityLabel,
  rootApplication,
} from "../../../fleet/model/contract.ts";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import type { Project } from "../../project/project.ts";
import type { Session } from "../../terminal/session.ts";
import { openHub, type Hub, type HubOptions } from "../kubectl/kubectl.ts";
import { hubOptions, ownerObject, readIdentity, readObject } from "./hub-owner.ts";
import { unconfirmedHub, wrongHub } from "./hub-owner.ts";
import { changeOf, collectionPath, manifestOf, objectPath, replacementOf } from "./hub-objects.ts";
import { sameContents, type Change, type FoundObject, type HubObject } from "./hub-objects.ts";
import { credentialName, credentialNote, credentialObject } from "./repository-credential.ts";
import type { CredentialOptions } from "./repository-credential.ts";
import { gatewayPrivateKey } from "../../../fleet/keys/wireguard.ts";
import { keyId } from "../../../fleet/keys/root-key.ts";

export interface BootstrapOptions extends HubOptions, CredentialOptions {
  /** Read and report, but write nothing. */
  readonly dryRun?: boolean;
}

export interface BootstrapReport {
  readonly fleet: string;
  readonly keyId: string;
  readonly context: string;
  readonly dryRun: boolean;
  readonly objects: readonly {
    readonly kind: HubObject["kind"];
    readonly namespace: string | null;
    readonly name: string;
    readonly change: Change;
  }[];
  /** Whether Argo CD has the root Application. */
  readonly isRunning: boolean;
  /** Sentences for the user. */
  readonly notes: readonly string[];
}

/**
 * Places missing objects on the hub, and replaces those that differ.
 *
 * @throws OperationError if the cluster is another fleet's hub, a device, or was not confirmed as the
 *   hub; InputError for an invalid credential; KubectlError
 */
export async function bootstrap(
  { fleet, key }: Pick<Project, "fleet" | "key">,
  options: BootstrapOptions,
  session: Session,
): Promise<BootstrapReport> {
  const credential = credentialObject(fleet.repository, options, session.environment);
  const { generation } = fleet.hub;
  const owner = { fleet: fleet.name, keyId: keyId(fleet.name, key), hubGeneration: generation };
  const hub = await openHub(hubOptions(fleet, options), session);
  const identity = await readIdentity(hub);
  const isOwned = identity.owner !== undefined;
  const isConfirmed = isOwned || options.context !== undefined;
  const refusal =
    wrongHub(identity, hub, owner) ?? (isConfirmed ? undefined : unconfirmedHub(fleet, hub));
  if (refusal !== undefined) throw refusal;

  const gatewayKeys = Object.fromEntries(
    gatewaysOf(fleet).map(({ name, number }) => [name, gatewayPrivateKey(fleet, number, key)]),
  );
  const wanted: readonly HubObject[] = [
    ...namespaces,
    ownerObject(owner),
    authorityObject(hubClientAuthority(fleet, key, generation), generation),
    { ...gatewayKeysObject(generation), data: gatewayKeys },
    ...(credential === undefined ? [] : [credential]),
  ];
  const steps = await stepsOf(hub, wanted);
  if (!isOwned) refuseForeignSecrets(steps);
  if (!options.dryRun) for (const step of steps) await apply(hub, step);

  const objects = steps.map(({ object, change }) => line(object, change));
  const { kept, notes } = credential === undefined ? await untouched(hub, fleet) : nothing;
  return {
    fleet: owner.fleet,
    keyId: owner.keyId,
    context: hub.context,
    dryRun: options.dryRun ?? false,
    objects: [...objects, ...kept],
    isRunning: await hasRoot(hub),
    notes,
  };
}

/** With the same labels as in the state repository; the chart of Argo CD makes its own as well. */
const namespaces: readonly HubObject[] = [
  { kind: "Namespace", name: argoNamespace },
  {
    kind: "Namespace",
    name: gatewayNamespace,
    labels: { [podSecurityLabel]: "privileged" },
  },
];

/** cert-manager's CA Issuer reads it. */
function authorityObject({ certificate, privateKey }: KeyPair, generation: number): HubObject {
  return {
    kind: "Secret",
    name: hubAuthoritySecret(generation),
    namespace: argoNamespace,
    type: "kubernetes.io/tls",
    data: { "tls.crt": certificate, "tls.key": privateKey },
  };
}

/** The private key of each gateway, by its name. */
const gatewayKeysObject = (generation: number): HubObject => ({
  kind: "Secret",
  name: gatewaySecret(generation),
  namespace: gatewayNamespace,
  type: "Opaque",
});

interface Step {
  readonly object: HubObject;
  readonly found: FoundObject | undefined;
  readonly change: Change;
}

async function stepsOf({ kubectl }: Hub, wanted: readonly HubObject[]): Promise<readonly Step[]> {
  const reads = wanted.map(async (object) => {
    const found = await readObject(kubectl, objectPath(object));
    return { object, found, change: changeOf(object, found) };
  });
  // Waits for all, so that none runs on after a failure of another.
  await Promise.allSettled(reads);
  return Promise.all(reads);
}

/** Other secrets may belong to somebody whose devices depend on them. */
function refuseForeignSecrets(steps: readonly Step[]): void {
  const foreign = steps.flatMap(({ object, found }) =>
    object.kind === "Secret" && found !== undefined && !sameContents(object, found) ? [object] : [],
  );
  if (foreign.length === 0) return;
  const names = foreign.map(({ namespace, name }) => `${namespace}/${name}`).join(" and ");
  const details = foreign.map(
    ({ namespace, name }) => `  kubectl delete secret ${name} -n ${namespace}`,
  );
  throw new OperationError(
    `this cluster has ${names} with other contents, and no recorded fleet. Make sure ` +
      `that this is the right cluster. If nothing needs them, delete them and run this again:`,
    { details },
  );
}

/** Fields of Flotilla's Secrets that are not secret: masking them would hide names in messages. */
const openFields: ReadonlySet<string> = new Set(["type", "url", "username", "tls.crt"]);

async function apply({ kubectl }: Hub, { object, found, change }: Step): Promise<void> {
  const fields = object.kind === "Secret" ? Object.entries(object.data ?? {}) : [];
  const secrets = fields.filter(([name]) => !openFields.has(name)).map(([, value]) => value);
  const create = () =>
    kubectl(["create", "--raw", collectionPath(object), "--filename=-"], {
      input: JSON.stringify(manifestOf(object)),
      secrets,
    });
  if (change === "placed") {
    await create();
  } else if (change === "replaced" && found !== undefined) {
    if (object.type === undefined || object.type === found.type) {
      await kubectl(["replace", "--raw", objectPath(object), "--filename=-"], {
        input: JSON.stringify(replacementOf(object, found)),
        secrets,
      });
    } else {
      await kubectl(["delete", "--raw", objectPath(object)]);
      await create();
    }
  }
}

async function hasRoot({ kubectl }: Hub): Promise<boolean> {
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${argoNamespace}/applications/${rootApplication}`;
  return (await readObject(kubectl, path)) !== undefined;
}

type Line = BootstrapReport["objects"][number];

function line({ kind, namespace, name }: HubObject, change: Change): Line {
  return { kind, namespace: namespace ?? null, name, change };
}

interface Untouched {
  readonly kept: readonly Line[];
  readonly notes: readonly string[];
}

const nothing: Untouched = { kept: [], notes: [] };

/** The existing credential, if the user gave none. */
async function untouched({ kubectl }: Hub, fleet: Project["fleet"]): Promise<Untouched> {
  const object: HubObject = { kind: "Secret", name: credentialName, namespace: argoNamespace };
  const found = await readObject(kubectl, objectPath(object));
  const note = credentialNote(fleet.repository, found);
  return {
    kept: found === undefined ? [] : [line(object, "kept")],
    notes: note === undefined ? [] : [note],
  };
}
