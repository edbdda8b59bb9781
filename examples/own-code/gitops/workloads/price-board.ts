/** A workload: a page of prices as a ConfigMap in a namespace of its own. */
import { readFileSync } from "node:fs";
import { ConfigMap } from "cdk8s-plus-27";
import { Construct } from "constructs";
import { Namespace, objectLabels, type WorkloadProps } from "flotilla/gitops";
import { z } from "zod";

export class PriceBoard extends Construct {
  static readonly values = z.strictObject({
    currency: z.enum(["EUR", "USD"]).default("EUR").describe("Of the prices."),
  });

  constructor(
    scope: Construct,
    id: string,
    props: WorkloadProps & z.output<typeof PriceBoard.values>,
  ) {
    super(scope, id);
    const { namespace, version, currency } = props;
    new Namespace(this, "namespace", {
      name: namespace,
      podSecurity: "restricted",
      labels: objectLabels(props),
    });
    const page = readFileSync(new URL("./board.html", import.meta.url), "utf8");
    new ConfigMap(this, "page", {
      metadata: { name: "page", namespace },
      data: { version, currency, page },
    });
  }
}
