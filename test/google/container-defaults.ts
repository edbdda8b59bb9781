/**
 * What GKE returns for a cluster and a node pool where the request says nothing: the fields that
 * the provider reads back, as GKE 1.33 fills them in on the regular channel.
 */
import type { Json } from "./cloud.ts";

const version = "1.33.5-gke.1080000";

export function clusterDefaults(given: Json, location: string): Json {
  const isRegion = !/-[a-z]$/.test(location);
  const zones = isRegion ? ["b", "c", "d"].map((zone) => `${location}-${zone}`) : [location];
  const host = "gke-0123456789abcdef-123456789012";
  return {
    id: "0123456789abcdef",
    location,
    zone: location,
    locations: zones,
    selfLink: `https://container.googleapis.com/v1/clusters/${String(given["name"])}`,
    endpoint: "192.0.2.10",
    initialClusterVersion: version,
    currentMasterVersion: version,
    currentNodeVersion: version,
    clusterIpv4Cidr: "192.168.0.0/18",
    servicesIpv4Cidr: "192.168.64.0/18",
    labelFingerprint: "fingerprint-1",
    loggingService: "logging.googleapis.com/kubernetes",
    monitoringService: "monitoring.googleapis.com/kubernetes",
    legacyAbac: {},
    masterAuth: { clusterCaCertificate: "Y2E=", clientCertificateConfig: {} },
    networkPolicy: {},
    networkConfig: {
      network: given["network"],
      subnetwork: given["subnetwork"],
      defaultSnatStatus: { disabled: false },
      serviceExternalIpsConfig: { enabled: false },
    },
    addonsConfig: {
      dnsCacheConfig: { enabled: true },
      gcePersistentDiskCsiDriverConfig: { enabled: true },
      gcpFilestoreCsiDriverConfig: { enabled: false },
      gcsFuseCsiDriverConfig: { enabled: false },
      horizontalPodAutoscaling: {},
      httpLoadBalancing: {},
      kubernetesDashboard: { disabled: true },
      networkPolicyConfig: { disabled: true },
    },
    autopilot: {},
    autoscaling: { autoscalingProfile: "BALANCED" },
    binaryAuthorization: {},
    controlPlaneEndpointsConfig: {
      dnsEndpointConfig: {
        endpoint: `${host}.${location}.gke.goog`,
        allowExternalTraffic: false,
      },
      ipEndpointsConfig: {
        enabled: true,
        enablePublicEndpoint: true,
        publicEndpoint: "192.0.2.10",
      },
    },
    costManagementConfig: {},
    databaseEncryption: { state: "DECRYPTED", currentState: "CURRENT_STATE_DECRYPTED" },
    defaultMaxPodsConstraint: { maxPodsPerNode: "110" },
    enterpriseConfig: { clusterTier: "STANDARD" },
    identityServiceConfig: {},
    ipAllocationPolicy: {
      clusterIpv4CidrBlock: "192.168.0.0/18",
      servicesIpv4CidrBlock: "192.168.64.0/18",
      stackType: "IPV4",
      podCidrOverprovisionConfig: {},
      defaultPodIpv4RangeUtilization: 0.01,
    },
    loggingConfig: {
      componentConfig: { enableComponents: ["SYSTEM_COMPONENTS", "WORKLOADS"] },
    },
    monitoringConfig: {
      componentConfig: {
        enableComponents: (
          "SYSTEM_COMPONENTS STORAGE HPA POD DAEMONSET DEPLOYMENT STATEFULSET CADVISOR KUBELET" +
          " DCGM JOBSET"
        ).split(" "),
      },
      managedPrometheusConfig: { enabled: true },
      advancedDatapathObservabilityConfig: { enableMetrics: false },
    },
    nodePoolAutoConfig: {},
    nodePoolDefaults: { nodeConfigDefaults: { loggingConfig: { variantConfig: {} } } },
    notificationConfig: { pubsub: {} },
    privateClusterConfig: { publicEndpoint: "192.0.2.10" },
    releaseChannel: { channel: "REGULAR" },
    securityPostureConfig: { mode: "BASIC", vulnerabilityMode: "VULNERABILITY_DISABLED" },
    shieldedNodes: { enabled: true },
    verticalPodAutoscaling: {},
  };
}

export function poolDefaults(given: Json, cluster: Json, project: string): Json {
  const zones = (given["locations"] ?? cluster["locations"]) as string[];
  const name = `gke-${String(cluster["name"])}-${String(given["name"])}`;
  return {
    version,
    locations: zones,
    instanceGroupUrls: zones.map(
      (zone) =>
        "https://www.googleapis.com/compute/v1/" +
        `projects/${project}/zones/${zone}/instanceGroupManagers/${name}-grp`,
    ),
    autoscaling: given["autoscaling"] === undefined ? {} : { locationPolicy: "BALANCED" },
    management: { autoRepair: true, autoUpgrade: true },
    maxPodsConstraint: { maxPodsPerNode: "110" },
    networkConfig: {
      podRange: "pods",
      podIpv4CidrBlock: "192.168.0.0/18",
      podIpv4RangeUtilization: 0.01,
    },
    podIpv4CidrSize: 24,
    upgradeSettings: { maxSurge: 1, strategy: "SURGE" },
    config: {
      bootDisk: { diskType: "pd-balanced", sizeGb: "100" },
      diskSizeGb: 100,
      diskType: "pd-balanced",
      effectiveCgroupMode: "EFFECTIVE_CGROUP_MODE_V2",
      imageType: "COS_CONTAINERD",
      kubeletConfig: { insecureKubeletReadonlyPortEnabled: false },
      machineType: "e2-medium",
      metadata: { "disable-legacy-endpoints": "true" },
      resourceLabels: { "goog-gke-node-pool-provisioning-model": "on-demand" },
      serviceAccount: "default",
      shieldedInstanceConfig: { enableIntegrityMonitoring: true },
      windowsNodeConfig: {},
    },
  };
}
