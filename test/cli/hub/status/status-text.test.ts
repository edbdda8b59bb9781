/** What a device reports about itself, as `status` shows it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { summaryOf, type DeviceStatus } from "../../../../cli/hub/status/fleet-status.ts";
import { formatStatus } from "../../../../cli/hub/status/status-text.ts";

const status = (device: string, said: string): DeviceStatus => ({
  device,
  site: "boston",
  ring: "stable",
  profile: "mini-pc",
  labels: {},
  presence: "present",
  ageSeconds: 5,
  registered: "yes",
  kubernetes: said,
  k3s: said,
  coreos: said,
  workloads: [
    {
      name: "pos",
      wanted: "1.2.0",
      version: said,
      sync: "Synced",
      health: "Healthy",
      failed: false,
    },
  ],
  degraded: false,
  waiting: [{ workload: "pos", from: said, to: "1.2.0" }],
});

test("no version that a device sends starts a line, moves the cursor or changes the direction", () => {
  const tableOf = (said: string, columns: number | undefined) => {
    const devices = [status("store-1", "v1"), status("store-2", said)];
    const shown = { devices, summary: summaryOf(devices), undeclared: [] };
    return formatStatus(shown, { columns, colours: false });
  };
  const said = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("v1\nstore-0001   boston", "v1\r\u2028x", "\u202ev1\t", "\u001b[2K\u0085"),
  );
  fc.assert(
    fc.property(said, fc.constantFrom(undefined, 110, 90, 70), (hostile, columns) => {
      const table = tableOf(hostile, columns);
      const lines = table.split("\n");
      expect(lines.length).toBe(tableOf("v1", columns).split("\n").length);
      expect(lines.filter((line) => line.startsWith("store-")).length).toBe(2);
      expect(table).not.toMatch(/[^\P{Cc}\n]|[\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
    }),
  );
});
