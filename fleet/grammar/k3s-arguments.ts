/**
 * Arguments of the kubelet and the API server that Flotilla or K3s sets, with the reason why a fleet
 * file cannot set them.
 *
 * Sources: K3s' pkg/daemons/agent/agent_linux.go (kubelet) and pkg/daemons/control/server.go (API
 * server), which set these themselves; docs.k3s.io, `k3s server`; and edge/parts/k3s-server.ts and
 * edge/parts/audit-policy.ts.
 */

/** Reasons by name, from reasons by several names with spaces between. */
export function reasonsByName(
  groups: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(groups).flatMap(([names, reason]) =>
      names.split(" ").map((name) => [name, reason] as const),
    ),
  );
}

const setByK3s = "K3s sets it, and does not work with another value. Delete this line.";

/** By name: why it is refused, and what to write instead. */
export const reservedKubeletArguments = reasonsByName({
  "node-ip": "K3s sets it. Write nodeAddress under k3s.",
  "node-labels": "K3s sets it. Write nodeLabels under k3s.",
  "register-with-taints": "K3s sets it. Write nodeTaints under k3s.",
  "hostname-override": "the node has the name of its device. Delete this line.",
  "pod-cidr": "the range of the pods is that of the node. Write podRange under k3s.",
  "cluster-dns": "it follows from the services' range. Write serviceRange under k3s.",
  "anonymous-auth authentication-token-webhook authorization-mode client-ca-file read-only-port":
    "it decides who can use the kubelet, which only K3s may do. Delete this line.",
  "address port healthz-bind-address healthz-port":
    "the firewall closes the ports that K3s uses. Delete this line.",
  "bootstrap-kubeconfig cert-dir cgroup-driver cloud-provider cluster-domain config config-dir container-runtime-endpoint containerd image-service-endpoint kubeconfig register-node root-dir rotate-certificates rotate-server-certificates runtime-cgroups tls-cert-file tls-private-key-file":
    setByK3s,
});

/** By name: why it is refused, and what to write instead. */
export const reservedApiServerArguments = reasonsByName({
  "audit-policy-file audit-log-path audit-log-maxsize audit-log-maxbackup audit-log-maxage":
    "every device writes an audit log of a limited size. Delete this line.",
  "client-ca-file":
    "the hub logs in with a certificate of the fleet's authorities. Delete this line.",
  "anonymous-auth authorization-mode authorization-config authorization-webhook-config-file token-auth-file":
    "it decides who can use the API server, which is the hub. Delete this line.",
  "encryption-provider-config encryption-provider-config-automatic-reload":
    "secrets are encrypted by K3s' secrets-encryption. Delete this line.",
  "service-cluster-ip-range": "K3s sets it. Write serviceRange under k3s.",
  "advertise-address": "it follows from the node's address. Write nodeAddress under k3s.",
  "bind-address secure-port advertise-port":
    "the hub and the firewall know the port of the API server: 6443. Delete this line.",
  "tls-cert-file tls-private-key-file tls-sni-cert-key":
    "the hub verifies the certificate that K3s makes. Delete this line.",
  "allow-privileged api-audiences cert-dir egress-selector-config-file etcd-cafile etcd-certfile etcd-keyfile etcd-servers insecure-port kubelet-certificate-authority kubelet-client-certificate kubelet-client-key proxy-client-cert-file proxy-client-key-file requestheader-allowed-names requestheader-client-ca-file requestheader-extra-headers-prefix requestheader-group-headers requestheader-username-headers service-account-issuer service-account-key-file service-account-signing-key-file storage-backend":
    setByK3s,
});
