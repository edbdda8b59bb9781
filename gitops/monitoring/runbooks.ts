/**
 * What to do when an alert fires, one runbook for each, as Markdown. The hub's Grafana shows them
 * (`dashboards/runbooks.ts`), each alert links to its own, and `docs/reference/alerts.md` has them too.
 */

/** By the alert's name, in the order of `alertsOf`. */
export const runbooks: Readonly<Record<string, string>> = {
  FleetDeviceAway: `The gateway has had no handshake of the device for three minutes, and the alert waits for twelve more. Argo CD
still shows the device as Synced and Healthy: it keeps the last state. Workloads on the device go on.

1. Is it the whole site? Then see **FleetSiteAway**.
2. Ask the site whether the device has power and a network. The screen shows the last message of the start.
3. At the device: \`nmcli connection show wg-hub\`, \`sudo wg show\`, \`chronyc tracking\`. A clock that is years off
   breaks TLS, not the tunnel.
4. If the machine is broken, raise the device's \`generation\` and install another one from a new image.

A device that is back is brought up to date by itself. If it will be away for weeks, silence the alert.`,

  FleetSiteAway: `Half of a site's devices or more stopped to answer: usually the site's power or its line.

1. Ask the site, or look at its provider's status page.
2. If the line works for other things, its firewall no longer lets UDP out to the gateway. \`gateway.port: 443\` of the
   site helps where only that port is open; it needs new images.
3. If several sites are away at once, see **FleetGatewayDown**.`,

  FleetGatewayDown: `A gateway's pod does not run, or does not update its metrics. Its devices are cut off, and go on working.

1. \`kubectl -n flotilla-gateway get pods,events\`, and \`describe\` the pod. Does its node have room, and the label that
   \`nodeSelector\` asks for?
2. \`kubectl -n flotilla-gateway logs <pod> -c tunnel\` says what WireGuard misses: a kernel module, \`/dev/net/tun\`, or a
   key. \`flotilla bootstrap\` places the key again.
3. Does the Service have its address? \`kubectl -n flotilla-gateway get service\`.

Devices dial again by themselves, within a minute or two.`,

  FleetTelemetryMissing: `The device has a tunnel and sends no metrics, while others do.

1. Open the application \`<device>.telemetry\` in Argo CD. Is it in sync, and do its pods run?
2. \`flotilla kubeconfig <device> -- kubectl -n telemetry logs daemonset/telemetry\` says what the collector answers.
3. If all devices of a gateway are silent: \`kubectl -n flotilla-gateway logs <pod> -c collector\`.`,

  FleetApplicationDegraded: `For an hour, a workload on a device that is present has not been healthy.

1. \`flotilla status --versions\` shows whether it is one device, a ring, or all.
2. A whole ring: \`flotilla rollback <workload> --ring <ring>\`, then look for the reason.
3. One device: open the application in Argo CD, or
   \`flotilla kubeconfig <device> -- kubectl -n <workload> get pods,events\`. Often the disk is full
   (**FleetDiskAlmostFull**) or an image cannot be pulled.`,

  FleetApplicationOutOfSync: `For an hour, a device that is present has had something other than what Git says.

1. Open the application in Argo CD: the last sync says what the device refused, and the difference what it has.
2. Does a sync window hold it back? A site with \`maintenance.workloads: window\` waits for its window: that is normal.
3. Is someone on the device changing it by hand, or does a controller there write the same field?`,

  HubApplicationDegraded: `Something on the hub is not healthy. Devices go on working without the hub.

1. Open the application in Argo CD and find the first object that is not healthy.
2. \`kubectl -n <namespace> get pods,events\`. Nodes without room are the usual reason after a fleet grew:
   \`flotilla plan\` says what the hub needs.`,

  HubApplicationOutOfSync: `The hub has not been as in Git for an hour.

1. Open the application in Argo CD: its last sync says what was refused.
2. "is not permitted in project": a publish brought a new kind. \`make deploy\` updates the root project.
3. "is not signed": with \`repository.signing\`, see "Sign the commits" in the documents.`,

  HubCertificateNotRenewed: `cert-manager has not renewed a certificate in time. When the hub's own one has run out, Argo CD reaches no device.

1. \`kubectl -n <namespace> describe certificate <name>\` and its CertificateRequest name the reason.
2. For the hub's client certificate (\`argocd/hub-client\`): is the Secret with its authority there?
   \`flotilla bootstrap\` places it again.
3. For a web page: Let's Encrypt checks the domain by DNS. Do external-dns and the zone work?`,

  FleetDiskAlmostFull: `More than 90 % of one of the device's file systems are used. Kubernetes removes images that nobody runs at 85 %,
so what is left is data.

1. \`flotilla kubeconfig <device> -- kubectl get pv,pvc -A\`: which workload's volume grows?
2. At the device: \`sudo du -xh --max-depth=2 /var | sort -h | tail\`. Logs of the journal are limited; those of a
   workload that writes into its own volume are not.
3. Give the workload a retention, or the device a \`data\` volume.`,

  FleetTemperatureHigh: `A sensor of the device has been above 85 °C for ten minutes. Processors slow down and disks age.

Ask the site to look at its fan, at dust, and at what stands on top of it. The dashboard "Fleet: temperature" shows since
when. If the whole site is warm, it is the room.`,

  FleetClockSkew: `The device's clock differs from its time server by more than a second, or the device reaches no time server.

1. At the device: \`chronyc sources\`. Does the site's firewall let NTP (UDP 123) out? If not, name a server inside of
   the site: \`ntpServers\`.
2. If the clock is wrong after each power cut, the battery of its clock is empty.

A clock that is years off makes every certificate invalid.`,

  FleetOsOutdated: `The device's Fedora CoreOS is older than \`coreos.outdatedAfterDays\`: it does not update itself.

1. Are all devices listed? Then the stream has paused: look at its releases, and set a higher number for that time.
2. At the device: \`rpm-ostree status\`, \`journalctl -u zincati -u rpm-ostreed\`. Can it reach Fedora's update servers,
   through the site's \`proxy\`?
3. Does the layered package k3s-selinux not fit the new release? Then the log of rpm-ostreed says so.
4. Does the site have a maintenance window that never comes? \`flotilla show <device>\`.`,

  FleetUpdateFailed: `A unit that updates the device failed, or the layered package is missing.

1. At the device: \`systemctl status <unit>\` and \`journalctl -u <unit>\`.
2. For k3s-selinux: \`rpm-ostree status\`, then \`sudo systemctl restart k3s-selinux\`. It needs Fedora's repositories and
   rpm.rancher.io.`,

  FleetCertificateEnds: `One of K3s' own certificates on the device ends within 30 days, or cannot be read. K3s renews them when it starts in
their last 120 days.

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
