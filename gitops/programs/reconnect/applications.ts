/** Argo CD's Applications on the hub's API. */
import { argoNamespace, deviceLabel } from "../../../fleet/model/contract.ts";
import { change, isDone, listAll, type ApiServer } from "../shared/api-server.ts";
import { refreshAnnotation, type Application, type Applications } from "./reconnect.ts";

const path = `/apis/argoproj.io/v1alpha1/namespaces/${argoNamespace}/applications`;

export function applicationsOf(server: ApiServer): Applications {
  const annotate = async (name: string, value: string | null) => {
    const status = await change(server, `${path}/${name}`, {
      method: "PATCH",
      contentType: "application/merge-patch+json",
      content: { metadata: { annotations: { [refreshAnnotation]: value } } },
    });
    if (!isDone(status)) throw new Error(`PATCH ${path}/${name}: ${status}`);
  };
  return {
    all: () => listAll<Application>(server, path, { limit: 500 }),
    refresh: async (name, isPending) => {
      // Argo CD ignores the request while it skips the device, and the same request again is no change.
      if (isPending) await annotate(name, null);
      await annotate(name, "normal");
    },
  };
}

/** The devices that Applications are for. */
export async function devicesOf({ all }: Applications): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const { metadata } of all()) {
    const name = metadata.labels?.[deviceLabel];
    if (name !== undefined) names.add(name);
  }
  return names;
}
