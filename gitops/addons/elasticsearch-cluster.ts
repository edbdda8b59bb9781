/** Elasticsearch, as a resource of Elastic's operator. */
import { Construct } from "constructs";
import { Elasticsearch } from "../imports/elasticsearch.k8s.elastic.co.ts";
import { clusterOf } from "../clouds/cloud.ts";
import { containerResources } from "../kubernetes/pods.ts";
import { elasticPodTemplate } from "./elastic-pod.ts";
import { elasticsearchName, loggingNamespace } from "./elasticsearch-service.ts";
import { rolesSecret, users, userSecret } from "./elasticsearch-users.ts";

export interface ElasticsearchClusterProps {
  readonly version: string;
  /** Number of nodes. */
  readonly nodes: number;
  /** The memory of each node, `2Gi`; half of it is Java's heap. */
  readonly memory: string;
  /** The storage of each node, `30Gi`. */
  readonly storage: string;
}

export class ElasticsearchCluster extends Construct {
  constructor(scope: Construct, id: string, props: ElasticsearchClusterProps) {
    super(scope, id);
    const { version, nodes, memory, storage } = props;
    const { writer, keeper, viewer } = users;
    const { storageClass } = clusterOf(this);
    new Elasticsearch(this, "elasticsearch", {
      metadata: { name: elasticsearchName, namespace: loggingNamespace },
      spec: {
        version,
        // If this object is deleted by mistake, the logs stay. They go with the namespace if the add-on is switched off.
        volumeClaimDeletePolicy: "DeleteOnScaledownOnly",
        auth: {
          roles: [{ secretName: rolesSecret }],
          fileRealm: [writer, keeper, viewer].map((user) => ({ secretName: userSecret(user) })),
        },
        nodeSets: [
          {
            name: "default",
            count: nodes,
            // Instead of a privileged container that sets the node's vm.max_map_count.
            config: { "node.store.allow_mmap": false },
            podTemplate: elasticPodTemplate({
              name: "elasticsearch",
              resources: containerResources({ cpu: "250m", memory }, { memory }),
            }),
            volumeClaimTemplates: [
              {
                metadata: { name: "elasticsearch-data" },
                spec: {
                  accessModes: ["ReadWriteOnce"],
                  ...(storageClass !== undefined && { storageClassName: storageClass }),
                  resources: { requests: { storage } },
                },
              },
            ],
          },
        ],
      },
    });
  }
}
