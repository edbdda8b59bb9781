import {
  GoogleProvider,
  type GoogleProviderConfig,
} from "@cdktf/provider-google/lib/provider/index.js";
import type { Construct } from "constructs";

/**
 * Adds the provider of a stack. It collects requests that are alike before it sends them as one. By itself it
 * waits for three seconds each time, several times in every plan; Terraform asks for what belongs together
 * within milliseconds.
 *
 * Source: the reference of Google's provider 6.50, `batching.send_after`.
 */
export function addGoogleProvider(scope: Construct, config: GoogleProviderConfig): void {
  new GoogleProvider(scope, "google", { ...config, batching: [{ sendAfter: "500ms" }] });
}
