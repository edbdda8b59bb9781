/**
 * Pods have the name servers that the device has now. K3s looks for them only when it starts: if there is none
 * yet, as when a router is slower than the device after a power cut, or if one is an IPv6 address with a zone,
 * it gives pods 8.8.8.8 until it starts again (pkg/agent/config/config.go, v1.36). Many shops' networks allow
 * only their own name servers.
 *
 * So the kubelet reads a file of Flotilla's. A path unit notices each change, and then CoreDNS, which forwards
 * other names than the cluster's to the servers that it started with, is replaced. Pods with `dnsPolicy: Default`
 * keep theirs. The file is in /run: after a boot each pod is made again.
 */
import { Construct } from "constructs";
import { sourceText } from "../../fleet/files/source-text.ts";
import type { ButaneFile, ButaneUnit } from "../butane/config.ts";
import { EdgeDevice } from "../device.ts";

const script: ButaneFile = {
  path: "/usr/local/bin/follow-name-servers",
  mode: 0o755,
  contents: { inline: sourceText("edge/parts/pod-name-servers/follow-name-servers.sh") },
};

const unit = "flotilla-name-servers";

const units: readonly ButaneUnit[] = [
  {
    name: `${unit}.service`,
    contents: sourceText(`edge/parts/pod-name-servers/${unit}.service`),
  },
  {
    name: `${unit}.path`,
    enabled: true,
    contents: sourceText(`edge/parts/pod-name-servers/${unit}.path`),
  },
];

/** A part of K3sServer, whose unit calls the script before and after each start. */
export class PodNameServers extends Construct {
  /** The kubelet's file, as the setting `resolv-conf` of K3s. */
  readonly resolvConf = "/run/flotilla-name-servers/resolv.conf";

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const device = EdgeDevice.of(this);
    device.addFile(this, script);
    for (const each of units) device.addUnit(this, each);
  }
}
