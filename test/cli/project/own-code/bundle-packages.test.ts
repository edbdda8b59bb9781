/**
 * Packages that build on Flotilla or cdk8s share the classes of the command line, which has its own inside:
 * so this runs the command line as a program.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ownProject, type OwnProject } from "./own-project.ts";

const program = join(import.meta.dirname, "../../../../cli/flotilla.mjs");

/** Packages as they are installed, by path in node_modules. */
const packages: Readonly<Record<string, string>> = {
  // An ES module that builds on Flotilla.
  "@acme/parts/package.json": JSON.stringify({
    type: "module",
    exports: "./index.js",
    peerDependencies: { flotilla: "*" },
  }),
  "@acme/parts/index.js": `
    import { readFileSync } from "node:fs";
    import { Construct } from "constructs";
    import { EdgeDevice } from "flotilla/edge";
    export class Scanner extends Construct {
      constructor(scope, id) {
        super(scope, id);
        const inline = readFileSync(new URL("scanner.conf", import.meta.url), "utf8");
        EdgeDevice.of(this).addFile(this, { path: "/etc/scanner.conf", mode: 0o644, contents: { inline } });
      }
    }
  `,
  "@acme/parts/scanner.conf": "port=7\n",
  // CommonJS that builds on cdk8s, as the libraries of jsii do.
  "page/package.json": JSON.stringify({
    main: "lib/index.js",
    dependencies: { cdk8s: "*", greeting: "*" },
  }),
  "page/lib/index.js": `
    const { readFileSync } = require("fs");
    const { join } = require("node:path");
    const { ApiObject, Lazy } = require("cdk8s");
    const { Construct } = require("constructs");
    const { Namespace } = require("flotilla/gitops");
    const greet = require("greeting");
    const { name } = require("./page.json");
    exports.Page = class extends Construct {
      constructor(scope, id, { namespace }) {
        super(scope, id);
        new Namespace(this, "namespace", { name: namespace, podSecurity: "restricted" });
        new ApiObject(this, "page", {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name, namespace },
          data: {
            lazy: Lazy.any({ produce: () => greet("devices") }),
            file: readFileSync(join(__dirname, "page.json"), "utf8").trim(),
          },
        });
      }
    };
  `,
  "page/lib/page.json": '{ "name": "page" }\n',
  // It builds on neither, so it stays outside.
  "greeting/package.json": JSON.stringify({ main: "index.js" }),
  "greeting/index.js": 'module.exports = (name) => "hello " + name + " from " + __filename;',
  // It says nothing of cdk8s, but depends on what does.
  "boards/package.json": JSON.stringify({
    type: "module",
    main: "index.js",
    dependencies: { page: "*" },
  }),
  "boards/index.js": 'import { Page } from "page";\nexport class Board extends Page {}\n',
};

const config = `
import { Scanner } from "@acme/parts";
import { Board } from "boards";
import { defineFleet } from "flotilla";

export default defineFleet({ deviceParts: { scanner: Scanner }, workloads: { board: Board } });
`;

interface Program {
  readonly project: OwnProject;
  readonly flotilla: (...args: string[]) => string;
}

async function installed(): Promise<Program> {
  const modules = Object.entries(packages).map(([path, text]) => [`node_modules/${path}`, text]);
  const project = await ownProject({
    ...Object.fromEntries(modules),
    "flotilla.config.ts": config,
  });
  const board = 'board: { selector: {}, versions: { canary: "1", stable: "1" } }';
  project.edit("fleet.yaml", (text) =>
    text
      .replace("\n  cafe-01:\n", "\n  cafe-01:\n    parts: { scanner: {} }\n")
      .replace("\nworkloads:\n", `\nworkloads:\n  ${board}\n`),
  );
  await project.run("keygen");
  const flotilla = (...args: string[]) =>
    execFileSync(process.execPath, [program, ...args], {
      cwd: project.folder,
      encoding: "utf8",
      stdio: "pipe",
    });
  return { project, flotilla };
}

test("a construct of an installed package is one of Flotilla's", { timeout: 120_000 }, async () => {
  const { project, flotilla } = await installed();
  flotilla("synth", "--only", "gitops");
  const page = project.read("dist/gitops/edge/board/canary/configmap-page.yaml");
  expect(page).toContain(
    `lazy: hello devices from ${join(project.folder, "node_modules/greeting/index.js")}`,
  );
  expect(page).toContain(String.raw`file: "{ \"name\": \"page\" }"`);
  expect(flotilla("show", "cafe-01", "--file", "/etc/scanner.conf")).toBe("port=7\n");
});

test("a change of such a package is noticed", { timeout: 120_000 }, async () => {
  const { project, flotilla } = await installed();
  const shown = () => flotilla("show", "cafe-01", "--file", "/etc/scanner.conf");
  shown();
  project.edit("node_modules/@acme/parts/index.js", (text) =>
    text.replace("inline }", 'inline: inline + "speed=9\\n" }'),
  );
  expect(shown()).toBe("port=7\nspeed=9\n");
  project.edit("node_modules/@acme/parts/package.json", (text) =>
    text.replace("peerDependencies", "others"),
  );
  // It is loaded by Node then, and this project has no package of this name.
  expect(shown).toThrow(/Cannot find package 'flotilla'/);
});
