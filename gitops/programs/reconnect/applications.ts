/** Argo CD's Applications on the hub's API. */
import { argoNamespace, deviceLabel } from "../../../fleet/model/contract.ts";
import { listAll, requireChange, type ApiServer } from "../shared/api-server.ts";
import { refreshAnnotation, type Application, type Applications } from "./reconnect.ts";

const path = `/apis/argoproj.io/v1alpha1/namespaces/${argoNamespace}/applications`;

export function applicationsOf(server: ApiServer): Applications {
  const annotate = (name: string, value: string | null) =>
    requireChange(server, `${path}/${name}`, {
      method: "PATCH",
      contentType: "application/merge-patch+json",
      content: { metadata: { annotations: { [refreshAnnotation]: value } } },
    });
  return {
    all: () => listAll<Application>(server, path, { limit: 500 }),
    refresh: async (name, isPending) => {
      // While Argo CD skips the device it ignores the request, and writing the same value again triggers nothing.
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
