/**
 * Settings of K3s that a snippet may not change, because the hub, the firewall or another part of the device
 * counts on what K3s has without them.
 *
 * Source: docs.k3s.io, `k3s server`.
 */
import {
  reasonsByName,
  reservedApiServerArguments,
  reservedKubeletArguments,
} from "../../fleet/grammar/k3s-arguments.ts";
import type { Values } from "../../fleet/model/values.ts";

/** By key: why it is refused, and what to write instead. */
const reserved = reasonsByName({
  "data-dir": "the authorities and manifests of Flotilla are in /var/lib/rancher/k3s",
  "server cluster-init cluster-reset datastore-endpoint disable-agent disable-apiserver":
    "a device is a cluster of its own",
  "https-listen-port bind-address advertise-address advertise-port":
    "the hub and the firewall know the port of the API server: 6443",
  "node-ip flannel-iface": "write nodeAddress under k3s in the fleet file",
  "cluster-cidr": "write podRange under k3s in the fleet file",
  "service-cidr": "write serviceRange under k3s in the fleet file",
  "cluster-dns": "it follows from serviceRange under k3s in the fleet file",
});

/** The lists of arguments, by the key of K3s. */
const argumentLists: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  ["kubelet-arg", reservedKubeletArguments],
  ["kube-apiserver-arg", reservedApiServerArguments],
]);

/** What is wrong with settings of a file in config.yaml.d; undefined if nothing is. */
export function reservedSetting(settings: Values): string | undefined {
  for (const [written, value] of Object.entries(settings)) {
    // K3s adds to a list with a plus.
    const key = written.replace(/\+$/, "");
    const reason = reserved.get(key);
    if (reason !== undefined) return `${written} cannot be set here: ${reason}. Delete ${written}.`;
    const values = [value].flat().map(String);
    if (key === "disable" && values.some((item) => item.split(",").includes("coredns"))) {
      return `${written}: without coredns, pods have no DNS. Delete it from the list.`;
    }
    const known = argumentLists.get(key);
    if (known === undefined) continue;
    for (const item of values) {
      const name = item.replace(/^-+/, "").split("=")[0] ?? "";
      const why = known.get(name);
      if (why !== undefined) return `${written}: "${name}" cannot be set here: ${why}`;
    }
  }
  return undefined;
}
