import { BillingBudget } from "@cdktf/provider-google/lib/billing-budget/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

export interface HubBudgetProps {
  readonly fleetName: string;
  /** `012345-6789AB-CDEF01`. */
  readonly billingAccount: string;
  readonly projectNumber: string;
  /** In whole units of the account's currency. */
  readonly monthlyAmount: number;
  /**
   * What must exist first: the enabled APIs.
   * @default none
   */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** Mail to the billing account's administrators when the project's bill comes near an amount. */
export class HubBudget extends Construct {
  constructor(scope: Construct, id: string, props: HubBudgetProps) {
    super(scope, id);
    new BillingBudget(this, "budget", {
      billingAccount: props.billingAccount,
      displayName: `Hub of the edge fleet ${props.fleetName}`,
      budgetFilter: {
        projects: [`projects/${props.projectNumber}`],
        calendarPeriod: "MONTH",
      },
      amount: { specifiedAmount: { units: String(props.monthlyAmount) } },
      thresholdRules: [
        { thresholdPercent: 0.5 },
        { thresholdPercent: 0.9 },
        { thresholdPercent: 1 },
        { thresholdPercent: 1, spendBasis: "FORECASTED_SPEND" },
      ],
      dependsOn: [...(props.dependsOn ?? [])],
    });
  }
}
