/** The reference of the alerts is fresh. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { alertsPage } from "../../../docs/generate/alerts.ts";
import { outdatedAfterDays } from "../../../fleet/rules/coreos-release.ts";
import { alertsOf } from "../../../gitops/monitoring/rules.ts";
import { runbooks } from "../../../gitops/monitoring/runbooks.ts";

test("the page is fresh (vitest -u writes it)", async () => {
  const page = alertsPage(alertsOf(outdatedAfterDays.default), runbooks);
  const file = join(import.meta.dirname, "..", "..", "..", "docs", "reference", "alerts.md");
  await expect(page).toMatchFileSnapshot(file);
  expect(page).not.toContain("{{");
});
