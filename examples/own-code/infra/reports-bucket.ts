/** A Terraform resource beside the hub: where reports go. */
import { StorageBucket } from "@cdktf/provider-google/lib/storage-bucket/index.js";
import { Construct } from "constructs";

export class ReportsBucket extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new StorageBucket(this, "bucket", { name: "cornercafe-reports", location: "EU" });
  }
}
