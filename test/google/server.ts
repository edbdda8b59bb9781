/**
 * An emulation of Google's APIs on loopback, as far as the hub needs them: enough for the real
 * google provider to make, read, change and delete what the stack declares.
 *
 * It proves what the provider does with the stack, not what Google accepts: no value is checked
 * but names, references and enabled APIs, and there are no permissions. What it doesn't know it
 * refuses loudly: 501, with method and path, and `unknown` keeps the list.
 */
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Call } from "./call.ts";
import { Cloud, GoogleError } from "./cloud.ts";
import type { Json } from "./cloud.ts";
import { checkEnabled, routes } from "./routes.ts";

/** Something that goes wrong, for the first `times` requests that match. */
export interface Fault {
  readonly method: string;
  /** Against the path with its product, `compute/projects/p/global/networks`. */
  readonly path: RegExp;
  /** @default 1 */
  readonly times?: number;
  /** What happens: an answer, an operation that fails, or one that is under way until released. */
  readonly answer?: GoogleError;
  readonly operationError?: { readonly code: string; readonly message: string };
  readonly operationHeld?: boolean;
}

export interface Emulator {
  readonly cloud: Cloud;
  /** `GET compute/projects/…` of every request, in order. */
  readonly requests: string[];
  /** Requests without a route. */
  readonly unknown: string[];
  /** What makes the provider talk to this server: GOOGLE_<PRODUCT>_CUSTOM_ENDPOINT, a token. */
  readonly environment: Readonly<Record<string, string>>;
  inject(fault: Fault): void;
  /** Lets the operations that were held come to an end, and clears all faults. */
  release(): void;
  close(): Promise<void>;
}

/** The end of each variable's name, and of the product's base path. DNS has its own prefix. */
const endpoints: Readonly<Record<string, string>> = {
  BILLING_BUDGETS: "billingbudgets/v1",
  CLOUD_BILLING: "cloudbilling/v1",
  COMPUTE: "compute/v1",
  CONTAINER: "container/v1",
  DNS: "dns/v1",
  GKE_BACKUP: "gkebackup/v1",
  IAM_BETA: "iam/v1",
  IAM_CREDENTIALS: "iamcredentials/v1",
  KMS: "kms/v1",
  MONITORING: "monitoring",
  RESOURCE_MANAGER: "cloudresourcemanager/v1",
  RESOURCE_MANAGER_V3: "cloudresourcemanager/v3",
  SERVICE_USAGE: "serviceusage/v1",
  STORAGE: "storage/v1",
};

export async function startEmulator(project: string): Promise<Emulator> {
  const cloud = new Cloud();
  cloud.resources.set(`cloudresourcemanager/projects/${project}`, projectResource(project));
  const requests: string[] = [];
  const unknown: string[] = [];
  const faults: { fault: Fault; timesLeft: number }[] = [];

  function answer(method: string, url: URL, body: Json): Json {
    const path = productPath(url);
    requests.push(`${method} ${path}`);
    const entry = faults.find(
      ({ fault, timesLeft }) => timesLeft > 0 && fault.method === method && fault.path.test(path),
    );
    if (entry !== undefined) entry.timesLeft -= 1;
    if (entry?.fault.answer !== undefined) throw entry.fault.answer;
    checkEnabled(
      (service) => cloud.resources.has(`serviceusage/projects/${project}/services/${service}`),
      path,
    );
    for (const route of routes) {
      const parts = route.method === method ? route.pattern.exec(path)?.groups : undefined;
      if (parts === undefined) continue;
      const { operationError, operationHeld } = entry?.fault ?? {};
      const call: Call = {
        cloud,
        path,
        parts,
        query: url.searchParams,
        body,
        operation: {
          pollsLeft: operationHeld === true ? Infinity : 1,
          ...(operationError === undefined ? {} : { error: operationError }),
        },
      };
      return route.handle(call);
    }
    unknown.push(`${method} ${path}`);
    throw new GoogleError(501, "notImplemented", `The emulator has no ${method} ${path}`);
  }

  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      let [status, result] = [200, {} as Json];
      try {
        result = answer(request.method ?? "", new URL(request.url ?? "", "http://x"), body);
      } catch (error) {
        if (!(error instanceof GoogleError)) throw error;
        [status, result] = [error.status, error.body];
      }
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(result));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    cloud,
    requests,
    unknown,
    environment: environment(base),
    inject: (fault) => void faults.push({ fault, timesLeft: fault.times ?? 1 }),
    release() {
      faults.length = 0;
      for (const operation of cloud.operations.values()) operation.pollsLeft = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function environment(base: string): Record<string, string> {
  const variables = Object.entries(endpoints).map(
    ([name, path]) => [`GOOGLE_${name}_CUSTOM_ENDPOINT`, `${base}/${path}/`] as const,
  );
  // Any token will do: nobody looks at it.
  return { ...Object.fromEntries(variables), GOOGLE_OAUTH_ACCESS_TOKEN: "fake" };
}

/** `/compute/v1/projects/…` without the version, which no product here has two of. */
function productPath(url: URL): string {
  return decodeURIComponent(url.pathname)
    .slice(1)
    .replace(/^([a-z]+)\/v\d[a-z0-9]*\//, "$1/");
}

function projectResource(project: string): Json {
  return {
    projectId: project,
    projectNumber: "123456789012",
    name: project,
    lifecycleState: "ACTIVE",
  };
}

async function readBody(request: IncomingMessage): Promise<Json> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? {} : (JSON.parse(text) as Json);
}
