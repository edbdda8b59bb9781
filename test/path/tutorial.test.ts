/** The commands of docs/tutorial.md that need no hub, in an empty folder: each block as it is written there. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Workshop } from "./workshop.ts";

const root = join(import.meta.dirname, "..", "..");
const tutorial = readFileSync(join(root, "docs", "tutorial.md"), "utf8");
const [, fleet = ""] = /^```yaml \[fleet\.yaml\]\n([\s\S]*?)^```$/m.exec(tutorial) ?? [];
const blocks = [...tutorial.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = ""]) =>
  block.trim().split("\n"),
);

const workshop = new Workshop(fleet);
afterAll(() => workshop.remove());

/** A line of the tutorial. `make` is what the Makefile of a project does. */
function follow(line: string): string {
  const args = line === "make" ? ["up"] : line.replace(/^npx flotilla /, "").split(" ");
  const { status, stdout, stderr } = workshop.run(...args);
  expect([line, status, status === 0 ? "" : stdout + stderr]).toEqual([line, 0, ""]);
  return stdout;
}

test("a project is made, and a change of it is planned and published", () => {
  cpSync(join(root, "examples", "home", "manifests"), workshop.path("manifests"), {
    recursive: true,
  });
  const made = blocks.find((lines) => lines[0] === "npx flotilla validate") ?? [];
  expect(made).toEqual(["npx flotilla validate", "make"]);
  expect(made.map(follow).at(-1)).toContain("Add device vm-1");
  expect([...workshop.files("dist/gitops").keys()]).toContain(
    "edge/page/all/deployment-hello.yaml",
  );

  const changed = blocks.find((lines) => lines[0] === "npx flotilla plan") ?? [];
  expect(changed).toEqual(["npx flotilla plan", "make", "npx flotilla status vm-1"]);
  const text = readFileSync(workshop.path("fleet.yaml"), "utf8");
  writeFileSync(workshop.path("fleet.yaml"), text.replace("Hello from the desk", "Hello again"));
  const [plan = "", published = ""] = changed.slice(0, 2).map(follow);
  expect(plan).toContain("Hello from the desk  → Hello again");
  expect(plan).toContain("1 device with another workload");
  expect(published).toContain("Change rollout page in all");
}, 300_000);
