/**
 * The packaged components of K3s that a device works without, with the first minor version that has each.
 *
 * Sources: docs.k3s.io, "Managing Packaged Components" and `k3s server` (`--disable`); its release notes:
 * v1.29.0 "runtime classes for wasm/nvidia/crun" (#8936), v1.37.0 "bundle gateway-api crds" (#14573); and
 * `manifests/` of k3s-io/k3s, whose file names are the names. K3s ignores a name that it does not have.
 */

/** By name: the minor version of Kubernetes 1, or 0 where every release in use has it. */
export const k3sComponents = {
  traefik: 0,
  servicelb: 0,
  "metrics-server": 0,
  "local-storage": 0,
  runtimes: 29,
  "gateway-api-crd": 37,
} as const satisfies Readonly<Record<string, number>>;

type K3sComponent = keyof typeof k3sComponents;

export function isComponent(name: string): name is K3sComponent {
  return Object.hasOwn(k3sComponents, name);
}

/** Whether a release of K3s, `v1.36.4+k3s1`, has the component. */
export function hasComponent(release: string, component: K3sComponent): boolean {
  const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(release) ?? [];
  return Number(major) > 1 || Number(minor) >= k3sComponents[component];
}
