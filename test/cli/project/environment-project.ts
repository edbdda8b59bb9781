/** A project with two environments over one base. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../temporary.ts";

export const base = `# what both have
cloud:
  provider: google
  region: us-east1
rings: [canary, stable]
profiles:
  mini-pc: { architecture: x86_64, disk: /dev/sda, labels: { role: till } }
sites:
  harbour: { profile: mini-pc }
devices:
  cafe-01: { site: harbour, ring: canary }
workloads:
  telemetry:
    versions: { canary: 1.9.1, stable: 1.9.0 }
`;

export const staging = `fleet: shop-staging
domain: staging.shop.example
repository:
  url: https://git.shop.example/staging.git
  push: dist/staging/state.git
cloud: { project: shop-staging }
`;

export const production = `fleet: shop
domain: shop.example
repository:
  url: https://git.shop.example/production.git
  push: dist/production/state.git
cloud: { project: shop-production }
devices:
  cafe-02: { site: harbour, ring: stable }
workloads:
  telemetry:
    versions: { canary: 1.9.0 }
`;

/** The folder of a project with these files in place of the usual ones. */
export function environmentProject(
  files: Readonly<Record<string, string>> = {},
  folder = temporaryFolder(),
): string {
  mkdirSync(join(folder, "environments"), { recursive: true });
  const all = {
    "fleet.yaml": base,
    "environments/staging.yaml": staging,
    "environments/production.yaml": production,
    ...files,
  };
  for (const [path, text] of Object.entries(all)) writeFileSync(join(folder, path), text);
  return folder;
}
