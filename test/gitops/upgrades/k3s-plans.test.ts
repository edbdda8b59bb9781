import { expect, test } from "vitest";
import { K3sPlans } from "../../../gitops/upgrades/k3s-plans.ts";
import { objectsOf } from "../objects.ts";

const window = { days: ["Sat", "Sun"], start: "23:00", lengthMinutes: 180 };
const upgrade = {
  binary: { x86_64: "aa", aarch64: "bb" },
  image: `docker.io/rancher/k3s-upgrade:v1.36.5-k3s1@sha256:${"0".repeat(64)}`,
};
const calendar = { timeZone: "Europe/Lisbon", windows: [window] };

test("a window that passes midnight is a Plan for each of its two parts", () => {
  const objects = objectsOf((chart) => {
    new K3sPlans(chart, "plans", { calendar, version: "v1.36.5+k3s1", upgrade });
  });
  expect(Object.values(objects).map(({ spec }) => spec.window)).toEqual([
    { days: ["mon", "sun"], startTime: "00:00", endTime: "01:59:59", timeZone: "Europe/Lisbon" },
    { days: ["sat", "sun"], startTime: "23:00", endTime: "23:59:59", timeZone: "Europe/Lisbon" },
  ]);
  for (const { spec } of Object.values(objects)) {
    expect(spec).toMatchObject({
      version: "v1.36.5+k3s1",
      exclusive: true,
      upgrade: {
        image: upgrade.image,
        command: ["/bin/sh", "-c", expect.stringContaining("sha256sum"), "k3s-upgrade"],
        args: ["/opt/k3s", "aa", "bb", "/bin/upgrade.sh", "upgrade"],
      },
    });
  }
});
