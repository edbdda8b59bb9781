/** The reference of the constructs is fresh, and each construct says what it is. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { constructsPage } from "../../../docs/generate/constructs.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

describe.each(["infra", "gitops", "edge"])("flotilla/%s", (entry) => {
  const page = constructsPage(entry, read);

  test("the page is fresh (vitest -u writes it)", async () => {
    await expect(page).toMatchFileSnapshot(join(root, "docs", "reference", `${entry}.md`));
  });

  test("every construct has a docstring", () => {
    const silent = page.match(/^## \w+\n\nSource/gm);
    expect(silent).toBeNull();
  });
});

test("a type over several lines and a default are read", () => {
  const sources: Readonly<Record<string, string>> = {
    "edge/index.ts": 'export { Part, type PartProps } from "./part.ts";\n',
    "edge/part.ts": `export interface PartProps {
  /**
   * How fast, in <m/s>.
   *
   * @default 1
   */
  readonly speed?: number;
  readonly mode:
    | "a"
    | "b";
}

/** A part. */
export class Part extends Construct {
}
`,
  };
  expect(constructsPage("edge", (path) => sources[path]!)).toContain(`## Part

A part.

Source: \`edge/part.ts\`

| prop | type | | what it is |
| --- | --- | --- | --- |
| \`speed\` | \`number\` |  | How fast, in &lt;m/s>. Default: 1 |
| \`mode\` | \`\\| "a" \\| "b"\` | required |  |
`);
});
