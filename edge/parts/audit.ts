/**
 * The API server's audit log: who changed what and when, never what was in it. What the machine does
 * to keep itself going would be nearly all of the log, and is left out.
 *
 * Rules: kubernetes.io/docs/tasks/debug/debug-cluster/audit; the first one that matches decides.
 */

/** `folder`: where both the policy and the log are, as K3s' hardening guide has them. */
export function auditArguments(folder: string): readonly string[] {
  return [
    `audit-policy-file=${folder}/audit.yaml`,
    `audit-log-path=${folder}/logs/audit.log`,
    // Five files of 10 MB are the most that it takes of the disk.
    "audit-log-maxsize=10",
    "audit-log-maxbackup=4",
    "audit-log-maxage=30",
  ];
}

export const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  # A way into a container or a node is told of, by whatever verb it is asked for.
  - level: Metadata
    resources:
      - { group: "", resources: [pods/exec, pods/attach, pods/portforward, pods/proxy] }
      - { group: "", resources: [nodes/proxy, services/proxy] }
  - level: None
    verbs: [get, list, watch]
  - level: None
    resources:
      - { group: coordination.k8s.io, resources: [leases] }
      - { group: "", resources: [events, serviceaccounts/token, nodes/status, pods/status] }
      - { group: events.k8s.io, resources: [events] }
      - { group: authentication.k8s.io }
      - { group: authorization.k8s.io }
  - level: Metadata
`;
