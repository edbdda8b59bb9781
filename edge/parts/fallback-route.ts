/**
 * A default route of last resort. K3s takes its node's address from the default route and does not
 * start without one (docs.k3s.io, "Default Network Route"): not in a shop whose router is off or
 * whose cable is out. So there is always one, on a dummy interface, behind every other: the metrics of
 * NetworkManager are below 21,000.
 *
 * It is listed, which is what K3s reads, and carries nothing. Rules of routing skip it, so whoever
 * looks for a way to the internet without a network finds none ("Network is unreachable"), as if the
 * route did not exist: programs fail at once and try again, chrony stays offline, and the tunnel never
 * takes the interface's address. Only for the addresses of Kubernetes' Services is it a route: the host
 * needs one before kube-proxy can direct a connection to a pod.
 *
 * The unit runs after network-online.target, so that it changes nothing about when that is reached. IPv6
 * is untouched. The addresses are of TEST-NET-3 (RFC 5737), as in K3s' documents.
 */
import { Construct } from "constructs";
import { z } from "zod";
import { sourceText } from "../../fleet/files/source-text.ts";
import { ipv4Range } from "../../fleet/grammar/value-schemas.ts";
import { k3sRanges } from "../../fleet/model/k3s-node.ts";
import type { ButaneFile } from "../butane/config.ts";
import { EdgeDevice } from "../device.ts";
import { requireProps } from "../props.ts";

/** K3s starts after it, and also without it. */
export const fallbackUnit = "flotilla-fallback-route.service";

const contents = sourceText("edge/parts/fallback-route/flotilla-fallback-route.service");

export interface FallbackRouteProps {
  /** IPv4 range of Kubernetes' Services. @default K3s' own */
  readonly serviceRange?: string;
}

const unmanaged: ButaneFile = {
  path: "/etc/NetworkManager/conf.d/50-flotilla-fallback.conf",
  mode: 0o644,
  contents: { inline: sourceText("edge/parts/fallback-route/unmanaged.conf") },
};

const schema = z.object({ serviceRange: ipv4Range.optional() });

export class FallbackRoute extends Construct {
  constructor(scope: Construct, id: string, props: FallbackRouteProps = {}) {
    super(scope, id);
    requireProps(this, props, schema);
    const device = EdgeDevice.of(this);
    const { serviceRange = k3sRanges.services } = props;
    device.addFile(this, unmanaged);
    device.addUnit(this, {
      name: fallbackUnit,
      contents: contents.replaceAll(k3sRanges.services, serviceRange),
    });
  }
}
