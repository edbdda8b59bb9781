import { App } from "cdk8s";
import { describe, expect, test } from "vitest";
import { FluentBit, fluentBit } from "../../../gitops/addons/fluent-bit.ts";
import { common, networkOf, objectsOf, podSecurityOf, valuesOf } from "./platform.ts";

const addon = new FluentBit(new App(), "fluent-bit", common(fluentBit));

describe("Fluent Bit", () => {
  const values = valuesOf(addon) as {
    config: Record<string, string>;
    daemonSetVolumeMounts: { name: string; readOnly?: boolean }[];
  };

  test("keeps what it could not deliver, for ever and up to 1 GB", () => {
    expect(values.config["outputs"]).toContain("Retry_Limit no_limits\n");
    expect(values.config["outputs"]).toContain("storage.total_limit_size 1G\n");
    expect(values.config["inputs"]).toContain("storage.type filesystem\n");
  });

  test("writes into a data stream, over TLS that it verifies", () => {
    const output = values.config["outputs"];
    for (const line of [
      "Host elasticsearch-es-http.logging.svc",
      "Port 9200",
      "tls.verify On",
      "tls.ca_file /etc/elasticsearch/ca.crt",
      "Index logs-hub-default",
      "Write_Operation create",
      "Suppress_Type_Name On",
    ]) {
      expect(output).toContain(`    ${line}\n`);
    }
  });

  test("reads the node's logs without changing them, and no secret but one user's", () => {
    expect(values.daemonSetVolumeMounts).toContainEqual({
      name: "varlog",
      mountPath: "/var/log",
      readOnly: true,
    });
    expect(addon.targetNamespace).toBe("fluent-bit");
    expect(podSecurityOf(addon)).toBe("privileged");
    expect(objectsOf(addon)["Role fluent-bit-log-writer"]).toMatchObject({
      metadata: { namespace: "logging" },
      rules: [
        {
          resources: ["secrets"],
          resourceNames: ["elasticsearch-log-writer", "elasticsearch-es-http-certs-public"],
          verbs: ["get"],
        },
      ],
    });
  });

  test("reaches Elasticsearch", () => {
    expect(networkOf(addon).to).toContainEqual({ namespaces: ["logging"], ports: [9200] });
  });

  test("copies no Secret without External Secrets", () => {
    const without = new FluentBit(new App(), "fluent-bit", {
      ...common(fluentBit),
      hasExternalSecrets: false,
    });
    expect(objectsOf(without)).toEqual({});
  });
});
