/** Values of the chart argo-cd 10.1.1 (Argo CD 3.4.4). */
import {
  deviceLabel,
  ringLabel,
  siteLabel,
  skipAnnotationPointer,
  workloadLabel,
} from "../../fleet/model/contract.ts";
import { neededLists } from "../../fleet/model/argocd-lists.ts";
import type { SigningKey } from "../../fleet/model/fleet.ts";
import type { Values } from "../../fleet/model/values.ts";
import { fieldAt, mergeValues } from "../../fleet/model/values.ts";
import type { Kind } from "../kubernetes/kinds.ts";
import { podResources } from "../kubernetes/pods.ts";
import { formatYaml } from "../kubernetes/yaml.ts";
import { deviceServers } from "./application.ts";
import { credentialObject, credentialVolume } from "./credential.ts";
import { notificationValues } from "./notifications.ts";
import { webInterfaceValues, type WebInterfaceProps } from "./web-interface.ts";

export interface ArgoCdValuesProps {
  /** Host name of its web interface. */
  readonly host: string;
  /** Pods of the controller. */
  readonly shards: number;
  /** Memory of one of them at its peak. */
  readonly controllerMebibytes: number;
  /** Memory of a program that keeps every Application. */
  readonly applicationListMebibytes: number;
  /** How many applications are compared at once. */
  readonly statusProcessors: number;
  /** Every kind that Argo CD watches on devices. */
  readonly deviceKinds: readonly Kind[];
  /** Keys of which one has to sign each commit of the state repository. @default none */
  readonly signingKeys?: readonly SigningKey[] | undefined;
  /** Lua programs that assess custom resources, by `<group>_<kind>`. @default none */
  readonly healthChecks?: Readonly<Record<string, string>>;
  /** @default nobody but the administrator signs in, and nothing serves the web interface */
  readonly webInterface?: WebInterfaceProps | undefined;
  /** Host and port of the Alertmanager that gets notifications. @default none are sent */
  readonly alertmanager?: string | undefined;
  /** The operator's own values, which override these. @default none */
  readonly values?: Values;
}

/**
 * Values that depend on the number of devices change in large steps (fleet/rules/hub-size.ts), so one
 * more device does not restart Argo CD. docs/reference/measured.md has the figures.
 */
export function argoCdValues(props: ArgoCdValuesProps): Values {
  const { webInterface, alertmanager, values: own = {} } = props;
  const ours = [
    ...(webInterface === undefined ? [] : [webInterfaceValues(webInterface)]),
    ...(alertmanager === undefined
      ? []
      : [{ notifications: notificationValues(alertmanager, props.applicationListMebibytes) }]),
  ].reduce(mergeValues, baseValues(props));
  return mergeValues(mergeValues(ours, own), listsWithOurs(ours, own));
}

/** The needed lists that the operator has too: Flotilla's elements, and then the operator's. */
function listsWithOurs(ours: Values, own: Values): Values {
  return neededLists
    .map((path) => {
      const added = fieldAt(own, path) ?? [];
      const list = [fieldAt(ours, path), added].flat();
      return Array.isArray(added) ? valuesAt(path, list) : {};
    })
    .reduce(mergeValues, {});
}

/** The mappings down to a path, with the value there. */
function valuesAt(path: readonly string[], value: unknown): Values {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Values;
}

function baseValues(props: ArgoCdValuesProps): Values {
  return {
    global: {
      domain: props.host,
      // The chart's policies allow what each component needs, and nothing else.
      networkPolicy: { create: true, defaultDenyIngress: true },
    },
    configs: {
      cm: configuration(props),
      params: parameters(props),
      ...(props.signingKeys !== undefined && { gpg: { keys: keyRing(props.signingKeys) } }),
    },
    extraObjects: [credentialObject],
    controller: controller(props),
    applicationSet: {
      resources: podResources("50m", 128, Math.max(512, props.applicationListMebibytes)),
    },
    repoServer: { resources: podResources("50m", 192, 1024) },
    redis: { resources: podResources("50m", 32, 256) },
    server: {
      ...credentialVolume,
      service: { type: "ClusterIP" },
      resources: podResources("50m", 192, Math.max(512, props.applicationListMebibytes)),
    },
    dex: { enabled: false },
    notifications: { enabled: false },
  };
}

/** The ConfigMap argocd-cm. */
function configuration({ deviceKinds, healthChecks = {} }: ArgoCdValuesProps): Values {
  return {
    // Polling is the fallback; jitter spreads the requests of a thousand applications.
    "timeout.reconciliation": "600s",
    "timeout.reconciliation.jitter": "120s",
    // Each watched kind is a connection to every device, and a log line a second for every device
    // that is lost. No rule names the hub, so Argo CD watches all of its kinds.
    "resource.inclusions": formatYaml(inclusions(deviceKinds)),
    // `reconnect` changes this of the registration of each device that goes and comes; root need not be
    // compared for it.
    "resource.customizations.ignoreResourceUpdates.Secret": formatYaml({
      jsonPointers: [skipAnnotationPointer],
    }),
    ...Object.fromEntries(
      Object.entries(healthChecks).map(([kind, program]) => [
        `resource.customizations.health.${kind}`,
        program,
      ]),
    ),
  };
}

/** The ConfigMap argocd-gpg-keys-cm: each key by the last 16 digits of its fingerprint. */
function keyRing(keys: readonly SigningKey[]): Values {
  return Object.fromEntries(keys.map(({ fingerprint, text }) => [fingerprint.slice(-16), text]));
}

function inclusions(kinds: readonly Kind[]): readonly unknown[] {
  const groups = [...new Set(kinds.map((kind) => kind.group))].toSorted();
  return groups.map((group) => ({
    apiGroups: [group],
    kinds: [...new Set(kinds.filter((kind) => kind.group === group).map(({ kind }) => kind))],
    clusters: [deviceServers],
  }));
}

/** The ConfigMap argocd-cmd-params-cm. */
function parameters({ statusProcessors }: ArgoCdValuesProps): Values {
  return {
    "controller.status.processors": statusProcessors,
    "controller.cluster.cache.events.processing.interval": "1s",
  };
}

function controller({ shards, controllerMebibytes }: ArgoCdValuesProps): Values {
  return {
    ...credentialVolume,
    // The chart tells each pod this number, as ARGOCD_CONTROLLER_REPLICAS. Registrations name their
    // shard, and the hub itself, which has no registration, belongs to shard 0 by Argo CD's default
    // algorithm. Its other ones place all clusters again for each Application that comes.
    replicas: shards,
    resources: podResources("250m", controllerMebibytes, Math.ceil(controllerMebibytes * 1.25)),
    // `flotilla status` reads the devices' Kubernetes versions there; the alerts need the labels.
    metrics: { enabled: true, applicationLabels: { enabled: true, labels: applicationLabels } },
    env: [
      // The peak needs a third less memory, and the CPU time rises by a third.
      { name: "GOGC", value: "50" },
      { name: "ARGO_CD_UPDATE_CLUSTER_INFO_TIMEOUT", value: "60s" },
      // A device that refused a connection may be back a moment later. The program `reconnect` asks
      // every 5 s, and an absent device is refused at once. The default is 10 s.
      { name: "ARGOCD_CLUSTER_SYNC_RETRY_TIMEOUT_DURATION", value: "2s" },
    ],
  };
}

const applicationLabels = [deviceLabel, siteLabel, ringLabel, workloadLabel];
