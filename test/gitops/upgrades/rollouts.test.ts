import { expect, test } from "vitest";
import { UpgradeRolloutsChart } from "../../../gitops/upgrades/rollouts.ts";
import { objectsOfChart } from "../objects.ts";

test("devices of a ring and a calendar upgrade alike", () => {
  const objects = objectsOfChart(
    (app) =>
      new UpgradeRolloutsChart(app, "rollouts", {
        repository: { url: "https://git.example.com/state.git", branch: "main" },
        rollouts: [
          { ring: "canary", calendar: "utc-mon-0200-60" },
          { ring: "canary", calendar: "utc-tue-0200-60" },
        ],
      }),
  );
  expect(Object.keys(objects)).toEqual([
    "ApplicationSet system-upgrade-canary.utc-mon-0200-60",
    "ApplicationSet system-upgrade-canary.utc-tue-0200-60",
  ]);
  const [{ spec }] = Object.values(objects) as [any];
  expect(spec.generators[0].clusters.selector.matchLabels).toEqual({
    "flotilla.dev/ring": "canary",
    "flotilla.dev/calendar": "utc-mon-0200-60",
  });
  expect(spec.template.spec).toMatchObject({
    project: "upgrades",
    source: { path: "edge/system-upgrade/canary@utc-mon-0200-60" },
    destination: { name: "{{.name}}", namespace: "system-upgrade" },
  });
});
