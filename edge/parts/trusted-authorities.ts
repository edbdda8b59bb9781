/**
 * Certificate authorities that a device trusts besides the usual ones: those of a company's own servers,
 * or of a proxy that inspects TLS. Ignition trusts them for its own downloads, from the first one; the
 * system by its folder of anchors, and so do rpm-ostree, Zincati and K3s with containerd. Pods have
 * their own.
 *
 * Sources: Ignition's `security.tls.certificateAuthorities`, update-ca-trust(8).
 */
import { Construct } from "constructs";
import { sourceText } from "../../fleet/files/source-text.ts";
import type { ButaneUnit } from "../butane/config.ts";
import { EdgeDevice } from "../device.ts";

export interface TrustedAuthoritiesProps {
  /** Certificates as PEM, one or more in each text. */
  readonly authorities: readonly string[];
}

const unit: ButaneUnit = {
  name: "flotilla-trust.service",
  enabled: true,
  contents: sourceText("edge/parts/trusted-authorities/flotilla-trust.service"),
};

export class TrustedAuthorities extends Construct {
  constructor(scope: Construct, id: string, { authorities }: TrustedAuthoritiesProps) {
    super(scope, id);
    const device = EdgeDevice.of(this);
    for (const [index, inline] of authorities.entries()) {
      device.addFile(this, {
        path: `/etc/pki/ca-trust/source/anchors/flotilla-${index + 1}.pem`,
        mode: 0o644,
        contents: { inline },
      });
    }
    device.addUnit(this, unit);
    device.setAuthorities(this, authorities);
  }
}
