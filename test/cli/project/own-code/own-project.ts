/** Projects with code of their own, for tests. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { flotilla } from "../../command-line.ts";
import { temporaryFolder } from "../../temporary.ts";

const repository = join(import.meta.dirname, "..", "..", "..", "..");

/** Packages that such code imports. */
const packages = ["@cdktf", "cdk8s", "cdk8s-plus-27", "cdktf", "constructs", "zod"];

export interface OwnProject {
  readonly folder: string;
  /** Runs the command line there. */
  readonly run: (...args: string[]) => ReturnType<typeof flotilla>;
  readonly read: (path: string) => string;
  readonly write: (path: string, text: string) => void;
  readonly edit: (path: string, change: (text: string) => string) => void;
}

/** A first fleet with these files, and the packages of the repository. */
export async function ownProject(files: Readonly<Record<string, string>>): Promise<OwnProject> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  for (const name of packages) {
    symlinkSync(join(repository, "node_modules", name), join(modules, name));
  }
  const at = (path: string) => join(folder, path);
  const project: OwnProject = {
    folder,
    run: (...args) => flotilla(folder, args),
    read: (path) => readFileSync(at(path), "utf8"),
    write(path, text) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), text);
    },
    edit: (path, change) => writeFileSync(at(path), change(readFileSync(at(path), "utf8"))),
  };
  for (const [path, text] of Object.entries(files)) project.write(path, text);
  return project;
}

/** flotilla.config.ts with one of each kind, each in a file of its own. */
export const everyKind: Readonly<Record<string, string>> = {
  "flotilla.config.ts": `import { defineFleet } from "flotilla";
import { Uptime } from "./gitops/addons/uptime.ts";
import { PriceBoard } from "./gitops/workloads/price-board.ts";
import { CanBus } from "./edge/parts/can-bus.ts";

export default defineFleet({
  workloads: { "price-board": PriceBoard },
  addons: { uptime: Uptime },
  deviceParts: { can: CanBus },
  async infra(hub) {
    const { ReportsBucket } = await import("./infra/reports-bucket.ts");
    new ReportsBucket(hub, "reports");
  },
});
`,
  "gitops/workloads/price-board.ts": `import { readFileSync } from "node:fs";
import { ConfigMap } from "cdk8s-plus-27";
import { Construct } from "constructs";
import { Namespace, objectLabels, type WorkloadProps } from "flotilla/gitops";
import { z } from "zod";

export class PriceBoard extends Construct {
  static readonly values = z.strictObject({
    currency: z.enum(["EUR", "USD"]).default("EUR").describe("Of the prices."),
  });

  constructor(scope: Construct, id: string, props: WorkloadProps & z.output<typeof PriceBoard.values>) {
    super(scope, id);
    const { namespace, version, currency } = props;
    new Namespace(this, "namespace", { name: namespace, podSecurity: "restricted", labels: objectLabels(props) });
    const page = readFileSync(new URL("./board.html", import.meta.url), "utf8");
    new ConfigMap(this, "page", { metadata: { name: "page", namespace }, data: { version, currency, page } });
  }
}
`,
  "gitops/workloads/board.html": "<h1>Prices</h1>\n",
  "gitops/addons/uptime.ts": `import type { Construct } from "constructs";
import { Addon, type OwnAddonProps } from "flotilla/gitops";
import { z } from "zod";

export class Uptime extends Addon {
  static readonly description = "Probes the pages of the shops.";
  static readonly chart = {
    name: "prometheus-blackbox-exporter",
    repository: "https://prometheus-community.github.io/helm-charts",
    version: "11.8.0",
  };
  static readonly options = z.strictObject({ seconds: z.int().default(30).describe("Between two probes.") });

  constructor(scope: Construct, id: string, props: OwnAddonProps & z.output<typeof Uptime.options>) {
    const defaults = { interval: \`\${props.seconds}s\`, fleet: props.hub.fleet };
    super(scope, id, { ...props, name: "uptime", namespace: "uptime", wave: 2, defaults });
  }
}
`,
  "edge/parts/can-bus.ts": `import { Construct } from "constructs";
import { EdgeDevice, type DevicePartProps } from "flotilla/edge";
import { z } from "zod";

export class CanBus extends Construct {
  static readonly values = z.strictObject({ bitrate: z.int().min(1).default(500_000).describe("Bits a second.") });

  constructor(scope: Construct, id: string, props: DevicePartProps & z.output<typeof CanBus.values>) {
    super(scope, id);
    const inline = \`\${props.device} \${props.site} \${props.bitrate}\\n\`;
    EdgeDevice.of(this).addFile(this, { path: "/etc/can.conf", mode: 0o644, contents: { inline } });
  }
}
`,
  "infra/reports-bucket.ts": `import { StorageBucket } from "@cdktf/provider-google/lib/storage-bucket/index.js";
import { Construct } from "constructs";

export class ReportsBucket extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new StorageBucket(this, "bucket", { name: "cornercafe-reports", location: "EU" });
  }
}
`,
};

/** What the fleet file says of them. */
export function withEveryKind(text: string): string {
  return text
    .replace(
      /^workloads:\n/m,
      '$&  price-board:\n    selector: {}\n    versions: { canary: "2", stable: "1" }\n    values: { currency: USD }\n',
    )
    .replace("    labels: { role: till }\n", "$&    parts: { can: {} }\n")
    .replace("    ring: canary\n", "$&    parts: { can: { bitrate: 125000 } }\n")
    .concat(
      "platform: { email: a@b.example, login: { github: { organization: b } }, addons: { uptime: { seconds: 10 } } }\n",
    );
}
