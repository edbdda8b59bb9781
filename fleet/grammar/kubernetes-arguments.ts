/**
 * The names of the arguments of the kubelet and of kube-apiserver: K3s does not start with one that they do not
 * know.
 *
 * Sources: Kubernetes 1.33 to 1.37, cmd/kubelet/app/options; `kube-apiserver --help` of 1.36.3.
 */

export const kubeletArgumentNames: ReadonlySet<string> = new Set(
  (
    "address allowed-unsafe-sysctls anonymous-auth authentication-token-webhook " +
    "authentication-token-webhook-cache-ttl authorization-mode " +
    "authorization-webhook-cache-authorized-ttl authorization-webhook-cache-unauthorized-ttl " +
    "boot-id-file bootstrap-kubeconfig cert-dir cgroup-driver cgroup-root cgroups-per-qos " +
    "client-ca-file cloud-config cloud-provider cluster-dns cluster-domain config config-dir " +
    "container-hints container-log-max-files container-log-max-size container-runtime-endpoint " +
    "contention-profiling cpu-cfs-quota cpu-cfs-quota-period cpu-manager-policy " +
    "cpu-manager-policy-options cpu-manager-reconcile-period enable-controller-attach-detach " +
    "enable-debugging-handlers enable-load-reader enable-server enforce-node-allocatable " +
    "event-burst event-qps event-storage-age-limit event-storage-event-limit eviction-hard " +
    "eviction-max-pod-grace-period eviction-minimum-reclaim eviction-pressure-transition-period " +
    "eviction-soft eviction-soft-grace-period exit-on-lock-contention " +
    "experimental-allocatable-ignore-eviction experimental-mounter-path fail-cgroupv1 " +
    "fail-swap-on feature-gates file-check-frequency global-housekeeping-interval hairpin-mode " +
    "healthz-bind-address healthz-port hostname-override housekeeping-interval " +
    "http-check-frequency image-credential-provider-bin-dir image-credential-provider-config " +
    "image-gc-high-threshold image-gc-low-threshold image-service-endpoint " +
    "kernel-memcg-notification kube-api-burst kube-api-content-type kube-api-qps kube-reserved " +
    "kube-reserved-cgroup kubeconfig kubelet-cgroups local-storage-capacity-isolation lock-file " +
    "log-flush-frequency log-json-info-buffer-size log-json-split-stream " +
    "log-text-info-buffer-size log-text-split-stream logging-format machine-id-file " +
    "make-iptables-util-chains manifest-url manifest-url-header max-open-files max-pods " +
    "maximum-dead-containers maximum-dead-containers-per-container memory-manager-policy " +
    "minimum-container-ttl-duration minimum-image-ttl-duration node-ip node-labels " +
    "node-status-max-images node-status-update-frequency oom-score-adj pod-cidr pod-manifest-path " +
    "pod-max-pids pods-per-core port protect-kernel-defaults provider-id qos-reserved " +
    "read-only-port register-node register-schedulable register-with-taints registry-burst " +
    "registry-qps reserved-cpus reserved-memory resolv-conf root-dir rotate-certificates " +
    "rotate-server-certificates runonce runtime-cgroups runtime-request-timeout seccomp-default " +
    "serialize-image-pulls streaming-connection-idle-timeout sync-frequency system-cgroups " +
    "system-reserved system-reserved-cgroup tls-cert-file tls-cipher-suites tls-min-version " +
    "tls-private-key-file topology-manager-policy topology-manager-policy-options " +
    "topology-manager-scope v vmodule volume-plugin-dir volume-stats-agg-period"
  ).split(" "),
);

export const apiServerArgumentNames: ReadonlySet<string> = new Set(
  (
    "admission-control admission-control-config-file advertise-address " +
    "aggregator-reject-forwarding-redirect allow-metric-labels allow-metric-labels-manifest " +
    "allow-privileged anonymous-auth api-audiences apiserver-count audit-log-batch-buffer-size " +
    "audit-log-batch-max-size audit-log-batch-max-wait audit-log-batch-throttle-burst " +
    "audit-log-batch-throttle-enable audit-log-batch-throttle-qps audit-log-compress " +
    "audit-log-format audit-log-maxage audit-log-maxbackup audit-log-maxsize audit-log-mode " +
    "audit-log-path audit-log-truncate-enabled audit-log-truncate-max-batch-size " +
    "audit-log-truncate-max-event-size audit-log-version audit-policy-file " +
    "audit-webhook-batch-buffer-size audit-webhook-batch-max-size audit-webhook-batch-max-wait " +
    "audit-webhook-batch-throttle-burst audit-webhook-batch-throttle-enable " +
    "audit-webhook-batch-throttle-qps audit-webhook-config-file audit-webhook-initial-backoff " +
    "audit-webhook-mode audit-webhook-truncate-enabled audit-webhook-truncate-max-batch-size " +
    "audit-webhook-truncate-max-event-size audit-webhook-version authentication-config " +
    "authentication-token-webhook-cache-ttl authentication-token-webhook-config-file " +
    "authentication-token-webhook-version authorization-config authorization-mode " +
    "authorization-policy-file authorization-webhook-cache-authorized-ttl " +
    "authorization-webhook-cache-unauthorized-ttl authorization-webhook-config-file " +
    "authorization-webhook-version bind-address cert-dir client-ca-file contention-profiling " +
    "coordinated-leadership-lease-duration coordinated-leadership-renew-deadline " +
    "coordinated-leadership-retry-period cors-allowed-origins debug-socket-path " +
    "default-not-ready-toleration-seconds default-unreachable-toleration-seconds " +
    "default-watch-cache-size delete-collection-workers disable-admission-plugins " +
    "disable-http2-serving disabled-metrics egress-selector-config-file emulated-version " +
    "emulation-forward-compatible enable-admission-plugins enable-aggregator-routing " +
    "enable-bootstrap-token-auth enable-garbage-collector enable-logs-handler " +
    "enable-priority-and-fairness encryption-provider-config " +
    "encryption-provider-config-automatic-reload endpoint-reconciler-type etcd-cafile " +
    "etcd-certfile etcd-compaction-interval etcd-count-metric-poll-period " +
    "etcd-db-metric-poll-interval etcd-healthcheck-timeout etcd-keyfile etcd-prefix " +
    "etcd-readycheck-timeout etcd-servers etcd-servers-overrides event-ttl external-hostname " +
    "feature-gates goaway-chance http2-max-streams-per-connection kubelet-certificate-authority " +
    "kubelet-client-certificate kubelet-client-key kubelet-preferred-address-types " +
    "kubelet-timeout kubernetes-service-node-port lease-reuse-duration-seconds livez-grace-period " +
    "log-flush-frequency log-json-info-buffer-size log-json-split-stream " +
    "log-text-info-buffer-size log-text-split-stream logging-format max-connection-bytes-per-sec " +
    "max-mutating-requests-inflight max-requests-inflight min-compatibility-version " +
    "min-request-timeout oidc-ca-file oidc-client-id oidc-groups-claim oidc-groups-prefix " +
    "oidc-issuer-url oidc-required-claim oidc-signing-algs oidc-username-claim " +
    "oidc-username-prefix peer-advertise-ip peer-advertise-port peer-ca-file " +
    "permit-address-sharing permit-port-sharing profiling proxy-client-cert-file " +
    "proxy-client-key-file request-timeout requestheader-allowed-names " +
    "requestheader-client-ca-file requestheader-extra-headers-prefix requestheader-group-headers " +
    "requestheader-uid-headers requestheader-username-headers runtime-config " +
    "runtime-config-emulation-forward-compatible secure-port " +
    "service-account-extend-token-expiration service-account-issuer service-account-jwks-uri " +
    "service-account-key-file service-account-lookup service-account-max-token-expiration " +
    "service-account-signing-endpoint service-account-signing-key-file service-cluster-ip-range " +
    "service-node-port-range show-hidden-metrics-for-version shutdown-delay-duration " +
    "shutdown-send-retry-after shutdown-watch-termination-grace-period storage-backend " +
    "storage-initialization-timeout storage-media-type strict-transport-security-directives " +
    "tls-cert-file tls-cipher-suites tls-curve-preferences tls-min-version tls-private-key-file " +
    "tls-sni-cert-key token-auth-file tracing-config-file v vmodule watch-cache watch-cache-sizes"
  ).split(" "),
);
