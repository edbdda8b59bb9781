/** What the package exports as `flotilla/gitops`: workloads, add-ons, and the objects of the state. */
export type { WorkloadConstruct, WorkloadProps } from "./workloads/workload.ts";
export { finishPods, objectLabels, podLabels, resources } from "./workloads/workload.ts";
export { Telemetry, type TelemetryProps } from "./workloads/telemetry.ts";
export { RolloutsChart, type RolloutsChartProps } from "./workloads/rollouts.ts";
export { renderWorkload, type RenderWorkloadProps } from "./workloads/render-workload.ts";
export type { Rendering } from "./workloads/rendering.ts";
export type { Manifest } from "./kubernetes/manifests.ts";
export { Namespace, type NamespaceProps } from "./kubernetes/namespace.ts";
export {
  NamespaceNetwork,
  anyHttps,
  inNamespace,
  inNamespaces,
  namePorts,
  tcpPorts,
  udpPort,
  type NetworkProps,
  type Peer,
} from "./kubernetes/network.ts";
export {
  Addon,
  commonOptions,
  type AddonDefinition,
  type AddonProps,
  type Hub,
  type HubProps,
  type InstallationProps,
} from "./addons/addon.ts";
export { hubCloud, type CloudChoice } from "./clouds/index.ts";
export type { ClusterSettings, Entrance, HubCloud } from "./clouds/cloud.ts";
export type { AddonClass, OwnAddonProps } from "./addons/own-addon.ts";
export { parseAddons } from "./addons/index.ts";
export { Kubeprod, type KubeprodProps } from "./addons/kubeprod.ts";
export { SharedSecret, type SharedSecretProps } from "./addons/shared-secret.ts";
export {
  AppProject,
  Application,
  type AppProjectProps,
  type AppProjectSpec,
  type AppProjectSpecClusterResourceWhitelist,
  type AppProjectSpecDestinations,
  type AppProjectSpecNamespaceResourceWhitelist,
  type AppProjectSpecSignatureKeys,
  type AppProjectSpecSyncWindows,
  type ApplicationProps,
  type ApplicationSpec,
  type ApplicationSpecDestination,
  type ApplicationSpecSource,
  type ApplicationSpecSourceDirectory,
  type ApplicationSpecSourceHelm,
  type ApplicationSpecSources,
  type ApplicationSpecSourcesDirectory,
  type ApplicationSpecSourcesHelm,
  type ApplicationSpecSyncPolicy,
  type ApplicationSpecSyncPolicyAutomated,
  type ApplicationSpecSyncPolicyManagedNamespaceMetadata,
  type ApplicationSpecSyncPolicyRetry,
  type ApplicationSpecSyncPolicyRetryBackoff,
} from "./imports/argoproj.io.ts";
export {
  ApplicationSet,
  type ApplicationSetProps,
  type ApplicationSetSpec,
  type ClusterGenerator,
} from "./argocd/application-set.ts";
export { gitSource, hubServer, syncPolicy } from "./argocd/application.ts";
export type { Repository, RepositoryFolder } from "./argocd/application.ts";
export { RegistrationChart, type RegistrationChartProps } from "./argocd/registration.ts";
export { K3sPlans, type K3sPlansProps } from "./upgrades/k3s-plans.ts";
export { Plan, type PlanProps, type PlanSpec, type PlanWindow } from "./upgrades/plan.ts";
