/**
 * The right time before TLS: a certificate is not valid yet for a machine whose clock is behind, and
 * a Raspberry Pi has no clock that survives being switched off.
 *
 * chrony's own unit waits for the first synchronization, three minutes at most, and holds back
 * time-sync.target, which K3s and the layering of its policy come after. When no time server can be
 * reached they start all the same: a shop without internet has to open too.
 */
import type { Contribution } from "./part.ts";

export function clock(): Contribution {
  return { units: [{ name: "chrony-wait.service", enabled: true }] };
}
