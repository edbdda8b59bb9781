/** Pinned versions of software from elsewhere. */
import type { Architecture } from "./device.ts";

/** A download, pinned by its contents. */
export interface Artifact {
  readonly url: string;
  /** Lower-case hexadecimal SHA-256 of the bytes behind `url`. */
  readonly sha256: string;
}

/** A Helm chart, pinned by version (Argo CD does not check digests of charts). */
export interface ChartPin {
  /** URL of the chart repository, without a trailing slash. */
  readonly repository: string;
  readonly version: string;
}

/** The charts that Argo CD installs on the hub, by name: its own and those of the add-ons. */
export interface ChartPins {
  readonly "argo-cd": ChartPin;
  readonly [name: string]: ChartPin;
}

/** The versions that a fleet uses. They are in the lock and change only on purpose. */
export interface Pins {
  readonly k3s: {
    /** A K3s release, `v1.36.4+k3s1`. */
    readonly version: string;
    readonly binary: Readonly<Record<Architecture, Artifact>>;
  };
  readonly coreos: {
    readonly stream: string;
    /** A Fedora CoreOS release, `44.20260621.3.1`. */
    readonly release: string;
    /** The live ISOs. Fedora's detached signature of each is at its URL with `.sig` appended. */
    readonly iso: Readonly<Record<Architecture, Artifact>>;
  };
  readonly charts: ChartPins;
  /**
   * Container images with their tags: of the gateway (`tunnel`, `proxy`, `metrics`), Node (`node`),
   * and on devices Fluent Bit (`agent`) and the upgrade controller (`upgrades`).
   */
  readonly images: Readonly<
    Record<"tunnel" | "proxy" | "metrics" | "node" | "agent" | "upgrades", string>
  >;
}
