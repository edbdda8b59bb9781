/** Fleets of any size for the benchmarks: text of a fleet.yaml, believable in its proportions. */

/** `count` devices, a fifth of them arm64, in three rings at twenty sites. */
export function fleetText(count: number): string {
  const width = String(count).length;
  const number = (value: number) => String(value).padStart(width, "0");
  const perSite = Math.ceil(count / 20);
  const sites = Array.from({ length: 20 }, (_, index) => index).filter((i) => i * perSite < count);
  return `fleet: bench
domain: edge.bench.example
repository: { url: "https://git.bench.example/state.git", push: dist/state.git }
cloud: { provider: google, project: bench-edge-hub }
rings: [canary, early, stable]
profiles:
  mini-pc: { architecture: x86_64, disk: /dev/sda, labels: { role: till } }
  raspberry-pi-4: { architecture: aarch64, disk: /dev/mmcblk0, labels: { role: till } }
sites:
${sites.map((i) => `  site-${i}: { timeZone: America/New_York, ring: ${ringOf(i)}, profile: ${profileOf(i)} }`).join("\n")}
devices:
${sites
  .map((i) => {
    const last = Math.min((i + 1) * perSite, count);
    return `  store-{${number(i * perSite + 1)}..${number(last)}}: { site: site-${i} }`;
  })
  .join("\n")}
workloads:
  point-of-sale:
    selector: { role: till }
    versions: { canary: 6.9.2, early: 6.9.1, stable: 6.9.1 }
  telemetry:
    versions: { canary: 1.9.1, early: 1.9.1, stable: 1.9.0 }
`;
}

function ringOf(site: number): string {
  if (site === 0) return "canary";
  return site < 4 ? "early" : "stable";
}

function profileOf(site: number): string {
  return site % 5 === 4 ? "raspberry-pi-4" : "mini-pc";
}
