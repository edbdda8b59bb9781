/** An add-on that Flotilla does not have: the one file of index.test.ts. */
import type { Construct } from "constructs";
import { z } from "zod";
import {
  Addon,
  commonOptions,
  defineAddon,
  type AddonProps,
} from "../../../gitops/addons/addon.ts";
import { KubeConfigMap, KubePriorityClass } from "../../../gitops/imports/k8s.ts";

export const valkey = defineAddon({
  name: "valkey",
  description: "A cache.",
  options: z.strictObject({
    ...commonOptions,
    replicas: z.int().min(1).default(1).describe("Number of pods."),
  }),
  chart: { name: "valkey", repository: "https://charts.valkey.example", version: "1.2.3" },
  create: (scope, { domain }, props) => new Valkey(scope, "valkey", { ...props, domain }),
});

interface ValkeyProps extends AddonProps {
  readonly replicas: number;
  readonly domain: string;
}

class Valkey extends Addon {
  constructor(scope: Construct, id: string, props: ValkeyProps) {
    super(scope, id, {
      ...props,
      name: "valkey",
      namespace: "cache",
      from: [{ namespaces: ["monitoring"], ports: [9121] }],
      wave: 3,
      defaults: { replicaCount: props.replicas, auth: { enabled: true } },
    });
    new KubeConfigMap(this.objects, "settings", {
      metadata: { name: "settings", namespace: "cache" },
      data: { domain: props.domain },
    });
    new KubePriorityClass(this.objects, "priority", { metadata: { name: "cache" }, value: 1000 });
  }
}
