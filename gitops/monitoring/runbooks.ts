/**
 * What to do when an alert fires, one runbook for each, as Markdown. The hub's Grafana shows them
 * (`dashboards/runbooks.ts`), each alert links to its own, and `docs/reference/alerts.md` has them too.
 */

/** By the alert's name, in the order of `alertsOf`. */
export const runbooks: Readonly<Record<string, string>> = {
  FleetDeviceAway: `The gateway has had no handshake of the device for 15 minutes. Argo CD may still show the device as Synced and
Healthy, because it keeps the last state and skips a device that is away. Workloads on the device keep running.

1. Is the whole site away? Then see **FleetSiteAway**.
2. Ask the site whether the device has power and a network. The screen shows the last message of the start.
3. At the device: \`nmcli connection show wg-hub\`, \`sudo wg show\`, \`chronyc tracking\`. A clock that is years off
   breaks TLS, not the tunnel.
4. If the machine is broken, raise the device's \`generation\` and install another one from a new image.

When the device is back, it is updated automatically. If it will be away for weeks, silence the alert.`,

  FleetSiteAway: `At least half of a site's devices stopped answering. Usually the site has no power or no internet.

1. Ask the site, or look at its provider's status page.
2. If the internet works otherwise, the site's firewall no longer allows UDP to the gateway. \`gateway.port: 443\` of the
   site helps where only that port is open; it needs new images.
3. If several sites are away at once, see **FleetGatewayDown**.`,

  FleetGatewayDown: `A gateway's pod does not run, or does not update its metrics. Its devices are cut off from the hub, and keep running.

1. \`kubectl -n flotilla-gateway get pods,events\`, and \`describe\` the pod. Does a node have room, and the label of
   \`nodeSelector\`?
2. \`kubectl -n flotilla-gateway logs <pod> -c tunnel\` shows what WireGuard is missing: a kernel module, \`/dev/net/tun\`, or a
   key. \`flotilla bootstrap\` places the key again.
3. Does the Service have its address? \`kubectl -n flotilla-gateway get service\`.

Devices reconnect automatically, within a minute or two.`,

  HubReconnectDown: `The program \`reconnect\` has not renewed its Lease for four minutes. It makes Argo CD skip devices that are away, and
compare devices that are back. Meanwhile the pod \`reconnect-fallback\` looks every four minutes and makes Argo CD skip no
device. So a device that is back waits for at most ten minutes, and the hub needs more memory.

1. \`kubectl -n argocd get pods -l app.kubernetes.io/name=reconnect\`. Does its node have room, and can it pull the image?
2. \`kubectl -n argocd logs deployment/reconnect\` shows what the hub's API or a gateway answers.
3. \`kubectl -n argocd get lease flotilla-reconnect\` shows when it worked last. If the Lease is new, look at
   kube-state-metrics in the namespace \`monitoring\`.`,

  HubControllerDown: `A pod of Argo CD's controller has not been ready for ten minutes. With several pods (shards), each one compares its own
devices, and no other pod takes them over: they keep running, but changes of Git, and of the devices, wait. The
StatefulSet starts a pod again by itself, with the same number and so the same devices, and nothing is lost.

1. \`kubectl -n argocd get pods -o wide -l app.kubernetes.io/name=argocd-application-controller\` shows which pod it is.
   \`flotilla status\` names a shard that does not answer.
2. \`Pending\`: no node has room. \`kubectl -n argocd describe pod <pod>\` says what is missing; \`cloud.nodePool.maxNodes\`
   limits the nodes.
3. \`Terminating\` or \`Unknown\` on a node that is \`NotReady\`: Kubernetes starts the pod elsewhere only when the node is
   gone. Many clouds replace such a node after a while; \`kubectl delete node <node>\` is quicker.
4. \`OOMKilled\`: its devices need more memory. Set a higher \`argocd.shards\`, or a larger \`machineType\`.
5. Shard 0 also applies what is published for the hub. If it does not start for want of memory, give it more by
   \`kubectl -n argocd set resources statefulset argocd-application-controller --limits=memory=<size>\`, and publish the
   same in \`argocd.values\`.`,

  FleetTelemetryMissing: `The device is connected but sends no metrics, while others do.

1. Open the application \`<device>-telemetry\` in Argo CD. Is it Synced, and do its pods run?
2. \`flotilla kubeconfig <device> -- kubectl -n telemetry logs daemonset/telemetry-agent\` shows what the collector answers.
3. If all devices of a gateway are silent: \`kubectl -n flotilla-gateway logs <pod> -c collector\`.`,

  FleetApplicationDegraded: `A workload on a device that is present has not been healthy for an hour.

1. \`flotilla status --versions\` shows whether it is one device, a ring, or all.
2. A whole ring: run \`flotilla rollback <workload> --ring <ring>\`, then look for the reason.
3. One device: open the application in Argo CD, or
   \`flotilla kubeconfig <device> -- kubectl -n <workload> get pods,events\`. Often the disk is full
   (**FleetDiskAlmostFull**) or an image cannot be pulled.`,

  FleetApplicationOutOfSync: `A workload on a device that is present has differed from Git for an hour.

1. Open the application in Argo CD: the last sync shows what the device rejected, and the diff shows what is on it.
2. Does a sync window hold it back? A site with \`maintenance.workloads: window\` waits for its window: that is normal.
3. Does someone change it by hand on the device, or does a controller there write the same field?`,

  HubApplicationDegraded: `Something on the hub is not healthy. The devices keep running without the hub.

1. Open the application in Argo CD and find the first object that is not healthy.
2. \`kubectl -n <namespace> get pods,events\`. The usual reason after a fleet has grown: the nodes are full.
   \`flotilla plan\` shows what the hub needs.`,

  HubApplicationOutOfSync: `Something on the hub has differed from Git for an hour.

1. Open the application in Argo CD: its last sync shows what was rejected.
2. "is not permitted in project": a publish brought a new kind. \`make deploy\` updates the root project.
3. "is not signed": with \`repository.signing\`, see "Sign the commits" in the documents.
4. "can not be less": a fleet that became smaller chose a smaller disk, and no disk shrinks. Write the \`size\` from before
   at the add-ons \`prometheus\` and \`elasticsearch\`. \`flotilla plan\` says so before the publish.`,

  HubCertificateNotRenewed: `cert-manager has not renewed a certificate in time. When the hub's own certificate has expired, Argo CD reaches no
device.

1. \`kubectl -n <namespace> describe certificate <name>\` and its CertificateRequest show the reason.
2. For the hub's client certificate (\`argocd/fleet-client\`): is the Secret with its authority there?
   \`flotilla bootstrap\` places it again.
3. For a web page: Let's Encrypt checks the domain by DNS. Do external-dns and the zone work?`,

  FleetDiskAlmostFull: `A file system of the device is more than 90 % full. Kubernetes removes unused images at 85 %, so the rest is data.

1. \`flotilla kubeconfig <device> -- kubectl get pv,pvc -A\`: which workload's volume grows?
2. At the device: \`sudo du -xh --max-depth=2 /var | sort -h | tail\`. The journal is limited in size. Logs that a
   workload writes into its own volume are not.
3. Give the workload a retention, or the device a \`data\` volume.`,

  FleetTemperatureHigh: `A sensor of the device has been above 85 °C for ten minutes. Processors slow down and disks age.

Ask the site to check the fan, and whether dust or an object covers the device. The dashboard "Fleet: temperature"
shows since when. If all devices of the site are warm, the room is too warm.`,

  FleetClockSkew: `The device's clock differs from its time server by more than a second, or the device reaches no time server.

1. At the device: \`chronyc sources\`. Does the site's firewall allow NTP (UDP 123)? If not, name a server inside the
   site: \`ntpServers\`.
2. If the clock is wrong after each power cut, its battery is empty.

A clock that is years off makes every certificate invalid.`,

  FleetOsOutdated: `The device's Fedora CoreOS is older than \`coreos.outdatedAfterDays\`: it does not update itself.

1. Are all devices affected? Then the stream has paused. Check its releases, and set a higher number until it continues.
2. At the device: \`rpm-ostree status\`, \`journalctl -u zincati -u rpm-ostreed\`. Can it reach Fedora's update servers,
   through the site's \`proxy\`?
3. Does the layered package k3s-selinux not fit the new release? The log of rpm-ostreed shows it.
4. Does the site's maintenance window ever occur? \`flotilla show <device>\`.`,

  FleetUpdateFailed: `A unit that updates the device failed, or the layered package is missing.

1. At the device: \`systemctl status <unit>\` and \`journalctl -u <unit>\`.
2. For k3s-selinux: \`rpm-ostree status\`, then \`sudo systemctl restart k3s-selinux\`. It needs Fedora's repositories and
   rpm.rancher.io.`,

  FleetCertificateEnds: `One of K3s' own certificates on the device expires within 30 days, or cannot be read. K3s renews them when it starts
in their last 120 days.

1. At the device: \`sudo systemctl restart k3s\` renews them and leaves the pods running; \`sudo k3s certificate check\`
   lists them.
2. Then find out why it has not restarted for months: \`systemctl status zincati\` (see **FleetOsOutdated**).`,
};

/** The dashboard that shows them. Links of alerts that were sent depend on it. */
export const runbookDashboard = "fleet-runbooks";

/** Where the hub shows the runbook of an alert. @param grafana its host name */
export function runbookUrl(grafana: string, alert: string): string {
  const id = Object.keys(runbooks).indexOf(alert) + 1;
  return `https://${grafana}/d/${runbookDashboard}?viewPanel=${id}`;
}
