import { BillingBudget } from "@cdktf/provider-google/lib/billing-budget/index.js";
import { expect, test } from "vitest";
import { HubBudget } from "../../../infra/google/budget.ts";
import { synthesized } from "./synthesized.ts";

test("a budget counts this project only, and warns before the amount is reached", () => {
  const stack = synthesized((scope) => {
    new HubBudget(scope, "budget", {
      fleetName: "harbor",
      billingAccount: "012345-6789AB-CDEF01",
      projectNumber: "123456",
      monthlyAmount: 250,
    });
  });
  expect(stack).toHaveResourceWithProperties(BillingBudget, {
    billing_account: "012345-6789AB-CDEF01",
    budget_filter: { projects: ["projects/123456"], calendar_period: "MONTH" },
    amount: { specified_amount: { units: "250" } },
    threshold_rules: expect.arrayContaining([{ threshold_percent: 0.5 }]),
  });
});
