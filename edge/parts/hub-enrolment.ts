/**
 * What makes a device one of the hub's: the rights of the hub's user, and facts about the device. K3s
 * applies the files of this folder at each start (docs.k3s.io/installation/packaged-components), so a
 * device restores these rights by itself.
 */
import { Construct } from "constructs";
import { z } from "zod";
import { matching } from "../../fleet/grammar/value-schemas.ts";
import { deviceFactsName, hubUser, systemNamespace } from "../../fleet/model/contract.ts";
import type { ButaneDirectory } from "../butane/config.ts";
import { EdgeDevice } from "../device.ts";
import { requireProps } from "../props.ts";
import { k3sFolder } from "./k3s-server.ts";
import { jsonPerKey } from "./json-per-key.ts";

export interface HubEnrolmentProps {
  /** Facts about the device, as the data of the ConfigMap `flotilla-device` in kube-system. */
  readonly facts: Readonly<Record<string, string>>;
}

const folder: ButaneDirectory = { path: `${k3sFolder}/manifests`, mode: 0o700 };

/** Argo CD deploys everything that the fleet declares, including definitions and namespaces. */
const binding = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name: hubUser },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
  subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: hubUser }],
};

/** Keys of a ConfigMap. */
const factName = matching(
  /^[A-Za-z0-9_.-]{1,253}$/,
  "a valid name of a fact. Write letters, digits, hyphens, dots and underscores.",
);

const schema = z.object({ facts: z.record(factName, z.string()) });

export class HubEnrolment extends Construct {
  constructor(scope: Construct, id: string, props: HubEnrolmentProps) {
    super(scope, id);
    requireProps(this, props, schema);
    const device = EdgeDevice.of(this);
    const facts = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: deviceFactsName, namespace: systemNamespace },
      data: props.facts,
    };
    const inline = [binding, facts].map((object) => `---\n${jsonPerKey(object)}`).join("");
    device.addDirectory(this, folder);
    device.addFile(this, {
      path: `${folder.path}/flotilla.yaml`,
      mode: 0o600,
      contents: { inline },
    });
  }
}
