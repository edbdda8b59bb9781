/**
 * What the add-ons of the hub have in common. Each is one file in this folder and one line in the
 * registry (index.ts). The file has a definition (its options, its Helm chart with the version that
 * new fleets start with) and a construct (what it installs).
 */
import { ApiObject, Chart, Lazy } from "cdk8s";
import type { Construct } from "constructs";
import { z } from "zod";
import type { AddonChart, AddonDeclaration } from "../../fleet/model/addons.ts";
import { chartSourceUrl, releaseNameMax } from "../../fleet/model/chart-repository.ts";
import { argoNamespace } from "../../fleet/model/contract.ts";
import { groupOf, type Kind } from "../../fleet/model/kinds.ts";
import { labelPattern, notALabel } from "../../fleet/model/names.ts";
import { addonFolder } from "../../fleet/model/state-layout.ts";
import { mergeValues } from "../../fleet/model/values.ts";
import { gitSource, hubServer, syncPolicy, type Repository } from "../argocd/application.ts";
import { chartSource } from "../argocd/chart-source.ts";
import { hubObjectsProject } from "../argocd/projects.ts";
import {
  Application,
  type ApplicationSpec,
  type ApplicationSpecSyncPolicy,
} from "../imports/argoproj.io.ts";
import { filledText, requireProps } from "../arguments.ts";
import { clusterOf, type HubCloud } from "../clouds/cloud.ts";
import { kindsOf } from "../kubernetes/kinds.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { NamespaceNetwork, peers, type Peer } from "../kubernetes/network.ts";
import type { SharedSecretProps } from "./shared-secret.ts";
import type { Platform } from "../../fleet/model/platform.ts";
import { podSecurityLevels, type PodSecurity } from "../../fleet/model/workload.ts";
import type { Values } from "../../fleet/model/values.ts";

/** What can be set for every add-on. */
export const commonOptions = {
  enabled: z
    .boolean()
    .default(true)
    .describe("false switches the add-on off, and deletes its namespace with all its data."),
  values: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Values of its chart, merged over Flotilla's own. A list replaces the whole list."),
};

/** What Kubeprod passes to each add-on, beside the add-on's own options. */
export interface AddonProps {
  /** Its Helm chart, at the version to install. */
  readonly chart: AddonChart;
  /** The state repository: Argo CD reads the add-on's own objects there. */
  readonly repository: Repository;
  /** Overrides of the chart's values. @default none */
  readonly values?: Values;
}

/** The hub that add-ons are for. */
export interface HubProps {
  /** Name of the fleet: a part of the names of cloud resources and of secrets. */
  readonly fleet: string;
  /** DNS zone of the hub's hosts, which exists. */
  readonly domain: string;
  /** Let's Encrypt and the alerts write to it. */
  readonly email: string;
  /** Who signs in at the web interfaces. */
  readonly login: Platform["login"];
  /** Host of each web interface. */
  readonly hosts: Platform["hosts"];
  /** The cloud that it runs in. */
  readonly cloud: HubCloud;
  /** IPv4 range of the cluster's pods. */
  readonly podsRange: string;
  /** The state repository. */
  readonly repository: Repository;
  /** Image of Node with its tag, for Flotilla's own programs. */
  readonly nodeImage: string;
  /** Some add-ons grow with the number of devices. */
  readonly deviceCount: number;
  /** The age of a Fedora CoreOS that does not update itself, in days. @default 56 */
  readonly outdatedAfterDays?: number;
  /** Whether the gateways collect logs of devices. @default false */
  readonly collectsDeviceLogs?: boolean;
  /** Secrets that are brought to the hub for the devices' workloads and their charts. @default none */
  readonly workloadSecrets?: readonly SharedSecretProps[];
}

export interface Hub extends HubProps {
  /** Whether the hub has the add-on of this name. */
  readonly has: (addon: string) => boolean;
}

/** An add-on as the registry has it. */
export interface AddonDefinition<
  Options extends object = object,
> extends AddonDeclaration<Options> {
  /** Maps the hub's properties and the options to those of the add-on's construct. */
  create(scope: Construct, hub: Hub, props: Options & AddonProps): Addon;
}

/** Infers the type of the options from their schema. */
export function defineAddon<Options extends object>(
  definition: AddonDefinition<Options>,
): AddonDefinition<Options> {
  return definition;
}

/** How an add-on is installed. */
export interface InstallationProps extends AddonProps {
  /** Name of the add-on and its Application. @default the construct's id */
  readonly name?: string;
  /** Name of the Helm release. @default the add-on's */
  readonly releaseName?: string;
  /** Flotilla's values of the chart, which `values` override. */
  readonly defaults: Values;
  /** The one namespace that it works in. */
  readonly namespace: string;
  /** What its pods may do to their node. @default restricted */
  readonly podSecurity?: PodSecurity;
  /** Who may reach its pods. @default nobody outside its namespace */
  readonly from?: readonly Peer[];
  /** What its pods may reach. @default nobody outside its namespace */
  readonly to?: readonly Peer[];
  /** Applications are created in the order of their waves: providers of custom resources first. */
  readonly wave: number;
  /**
   * Cluster-wide kinds that its chart creates, apart from those that every chart may create
   * (definitions of custom resources, cluster roles, webhooks). @default none
   */
  readonly clusterKinds?: readonly Kind[];
  /**
   * Whether Argo CD ignores the schema of the chart's values, because it refers to the internet.
   * @default false
   */
  readonly skipSchemaValidation?: boolean;
}

const mapping = z.looseObject({});

const schema = z.object({
  name: z.string().optional(),
  releaseName: z.string().optional(),
  namespace: z.string(),
  chart: z.looseObject({ name: filledText, repository: filledText, version: filledText }),
  repository: z.looseObject({ url: filledText, branch: filledText }),
  defaults: mapping,
  values: mapping.optional(),
  podSecurity: z.enum(podSecurityLevels).optional(),
  from: peers.optional(),
  to: peers.optional(),
  wave: z.int(),
  clusterKinds: z
    .array(z.object({ group: z.string(), kind: z.string(), namespaced: z.boolean() }))
    .optional(),
  skipSchemaValidation: z.boolean().optional(),
});

/**
 * An add-on: its namespace, the network of the namespace, and the Application that installs its Helm
 * chart. Objects that the Helm chart does not create are put into `objects`.
 */
export class Addon extends Chart {
  /** Name of the add-on. */
  readonly name: string;
  /** The one namespace that it works in. */
  readonly targetNamespace: string;
  /** What its Application reads the Helm chart from. */
  readonly chartRepository: string;
  /**
   * Its own objects. The Application applies them together with the Helm chart, and retries until
   * their kinds exist.
   */
  readonly objects: Chart;
  private readonly chartKinds: readonly Kind[];
  private readonly repository: Repository;
  private readonly wave: number;

  constructor(scope: Construct, id: string, props: InstallationProps) {
    super(scope, id);
    constructions.set(this, new Error("the add-on is made here"));
    requireProps(this, props, schema);
    const {
      name = id,
      releaseName = name,
      namespace,
      chart,
      podSecurity = "restricted",
      wave,
      clusterKinds = [],
    } = props;
    const { from = [], to = [] } = props;
    requireLabel("name", name);
    requireLabel("namespace", namespace);
    if (releaseName.length > releaseNameMax) {
      const length = `has ${releaseName.length} characters, and Helm takes at most ${releaseNameMax}`;
      throw new Error(`releaseName: "${releaseName}" ${length}. Write a shorter one.`);
    }
    this.name = name;
    this.targetNamespace = namespace;
    this.chartRepository = chartSourceUrl(chart);
    this.chartKinds = clusterKinds;
    this.objects = new Chart(this, "objects");
    new Namespace(this, "namespace", { name: namespace, podSecurity });
    const { apiServerPort = 443 } = clusterOf(this);
    new NamespaceNetwork(this, "network", { namespace, from, to, apiServerPort });
    new Application(this, "application", {
      metadata: {
        name,
        namespace: argoNamespace,
        annotations: { "argocd.argoproj.io/sync-wave": String(wave) },
      },
      // The add-on adds its own objects after this.
      spec: Lazy.any({
        produce: () => applicationSpec({ ...props, name }, this.ownKinds().length > 0),
      }),
    });
    this.repository = props.repository;
    this.wave = wave;
  }

  /**
   * Puts the add-on's own objects into an Application of their own where commits are signed: Argo CD
   * verifies no Application that has a chart too. Called when all of the objects are there.
   */
  separateObjects(): void {
    if (this.repository.signing === undefined || this.ownKinds().length === 0) return;
    const source = gitSource({ repository: this.repository, path: addonFolder(this.name) });
    new Application(this, "objects-application", {
      metadata: {
        name: `${this.name}-objects`,
        namespace: argoNamespace,
        annotations: { "argocd.argoproj.io/sync-wave": String(this.wave) },
      },
      spec: {
        project: hubObjectsProject(this.repository),
        source,
        destination: { server: hubServer, namespace: this.targetNamespace },
        syncPolicy: withMissingKinds,
      },
    });
  }

  /** Cluster-wide kinds that its Helm chart and its own objects need. */
  clusterKinds(): readonly Kind[] {
    return [...this.chartKinds, ...this.ownKinds().filter(({ namespaced }) => !namespaced)];
  }

  /** As written: the hub may have any kind in the add-on's namespace, so one too many is harmless. */
  private ownKinds(): readonly Kind[] {
    const objects = this.objects.node.findAll().filter((node) => ApiObject.isApiObject(node));
    const kinds = objects.map(({ apiVersion, kind, metadata: { namespace } }) => ({
      group: groupOf(apiVersion),
      kind,
      namespaced: namespace !== undefined,
    }));
    return kindsOf([], kinds);
  }
}

/** The stacks of their constructors, with the line of the class that calls it. */
const constructions = new WeakMap<Addon, Error>();

/** Where an add-on was made: for mistakes in it that are found later. */
export function constructionOf(addon: Addon): Error | undefined {
  return constructions.get(addon);
}

function requireLabel(prop: string, value: string): void {
  if (!labelPattern.test(value)) throw new Error(`${prop}: ${notALabel(value)}`);
}

function applicationSpec(
  props: InstallationProps & { readonly name: string },
  hasOwnObjects: boolean,
): ApplicationSpec {
  const { name, releaseName = name, namespace, chart, repository, defaults, values = {} } = props;
  const release = {
    ...chartSource(chart),
    helm: {
      releaseName,
      valuesObject: mergeValues(defaults, values),
      ...(props.skipSchemaValidation === true && { skipSchemaValidation: true }),
    },
  };
  const application = { project: "hub", destination: { server: hubServer, namespace } };
  if (!hasOwnObjects) return { ...application, source: release, syncPolicy };
  if (repository.signing === undefined) {
    const own = gitSource({ repository, path: addonFolder(name) });
    const policy = withMissingKinds;
    return { ...application, sources: [release, own], syncPolicy: policy };
  }
  // A hub that began without signatures has the add-on's own objects under the name of this Application.
  // It must not delete them before the other one takes them over: Elasticsearch would lose its data.
  const automated = { ...syncPolicy.automated, prune: false };
  return { ...application, source: release, syncPolicy: { ...syncPolicy, automated } };
}

/** The kinds of the add-on's own objects come with its chart, which may be applied later. */
const withMissingKinds: ApplicationSpecSyncPolicy = {
  ...syncPolicy,
  syncOptions: [...syncPolicy.syncOptions, "SkipDryRunOnMissingResource=true"],
};
