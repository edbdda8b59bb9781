/**
 * Gives all Applications of a hub the status that Argo CD's controller would write: 8 KiB each.
 *
 *   statuses-process.ts <url> <certificate> <key>
 */
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";

const [, , url = "", certificate = "", key = ""] = process.argv;
const applications = `${url}/apis/argoproj.io/v1alpha1/namespaces/argocd/applications`;
const agent = new Agent({
  keepAlive: true,
  maxSockets: 16,
  cert: readFileSync(certificate),
  key: readFileSync(key),
  rejectUnauthorized: false,
});

function ask(method: string, place: string, body = ""): Promise<string> {
  const headers = { "content-type": "application/merge-patch+json" };
  return new Promise((resolve, reject) => {
    const sent = request(place, { method, agent, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => (text += part));
      answer.on("end", () => {
        if (answer.statusCode === 200) resolve(text);
        else reject(new Error(`${answer.statusCode}: ${text}`));
      });
    });
    sent.on("error", reject).end(body);
  });
}

const revision = "0123456789".repeat(4);
const time = "2026-12-01T00:00:00Z";
const list = <Item>(count: number, item: (index: number) => Item) =>
  Array.from({ length: count }, (_, index) => item(index));
const resource = (index: number) => ({
  group: "apps",
  kind: "Deployment",
  name: `part-of-a-workload-${index}`,
  namespace: "point-of-sale",
  version: "v1",
  status: "Synced",
});
const source = {
  repoURL: "https://git.bench.example/state.git",
  path: "edge/point-of-sale/stable",
};
const status = {
  sync: { status: "Synced", revision, comparedTo: { source } },
  health: { status: "Healthy", lastTransitionTime: time },
  reconciledAt: time,
  sourceType: "Directory",
  resources: list(12, resource),
  history: list(10, (id) => ({ id, revision, deployedAt: time, deployStartedAt: time, source })),
  operationState: {
    phase: "Succeeded",
    message: "successfully synced (all tasks run)",
    startedAt: time,
    finishedAt: time,
    operation: { sync: { revision, prune: true }, retry: { limit: -1 } },
    syncResult: {
      revision,
      source,
      resources: list(12, (index) => ({
        ...resource(index),
        hookPhase: "Running",
        syncPhase: "Sync",
        message: `deployment.apps/part-of-a-workload-${index} serverside-applied`,
      })),
    },
  },
};
const patch = JSON.stringify({ status });

interface List {
  readonly metadata: { readonly continue?: string };
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

const names: string[] = [];
let next: string | undefined = "";
while (next !== undefined) {
  const answer = JSON.parse(await ask("GET", `${applications}?limit=500&continue=${next}`)) as List;
  names.push(...answer.items.map(({ metadata }) => metadata.name));
  next = answer.metadata.continue || undefined;
}
const worker = async () => {
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    await ask("PATCH", `${applications}/${name}`, patch);
  }
};
await Promise.all(list(16, worker));
process.exit(0);
