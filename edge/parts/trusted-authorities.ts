/**
 * Certificate authorities that a device trusts besides the usual ones: those of a company's own servers,
 * or of a proxy that inspects TLS. Ignition trusts them for its own downloads, from the first one; the
 * system by its folder of anchors, and so do rpm-ostree, Zincati and K3s with containerd. Pods have
 * their own.
 *
 * Sources: Ignition's `security.tls.certificateAuthorities`, update-ca-trust(8).
 */
import { Construct } from "constructs";
import { z } from "zod";
import { sourceText } from "../../fleet/files/source-text.ts";
import type { ButaneUnit } from "../butane/config.ts";
import { certificateProblem } from "../../fleet/resolve/machine/trusted-files.ts";
import { EdgeDevice } from "../device.ts";
import { requireProps } from "../props.ts";

export interface TrustedAuthoritiesProps {
  /** Certificates as PEM, one or more in each text. */
  readonly authorities: readonly string[];
}

const unit: ButaneUnit = {
  name: "flotilla-trust.service",
  enabled: true,
  contents: sourceText("edge/parts/trusted-authorities/flotilla-trust.service"),
};

const authority = z
  .string({ error: "this is not text. Write certificates as PEM." })
  .check(({ value, issues }) => {
    const message = value.includes("PRIVATE KEY")
      ? "this is a private key. Write certificates only."
      : certificateProblem(value);
    if (message !== undefined) issues.push({ code: "custom", message, input: "" });
  });

const schema = z.object({
  authorities: z
    .array(authority)
    .min(1, { error: "this list is empty. Write at least one certificate, or omit the part." }),
});

export class TrustedAuthorities extends Construct {
  constructor(scope: Construct, id: string, props: TrustedAuthoritiesProps) {
    super(scope, id);
    requireProps(this, props, schema);
    const { authorities } = props;
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
