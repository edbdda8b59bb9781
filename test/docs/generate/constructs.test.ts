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
  constructor(scope: Construct, id: string, { speed = 1 }: PartProps) {
    super(scope, id);
  }
}
`,
  };
  expect(constructsPage("edge", (path) => sources[path]!)).toContain(`## Part

A part.

Source: \`edge/part.ts\`

| prop | type | required | what it is |
| --- | --- | --- | --- |
| \`speed\` | \`number\` | no | How fast, in &lt;m/s>. Default: 1 |
| \`mode\` | \`\\| "a" \\| "b"\` | yes |  |
`);
});

test("the props are those that the constructor takes, with those that they inherit", () => {
  const sources: Readonly<Record<string, string>> = {
    "edge/index.ts": `export { Base, Child, Lone, Whole, type ChildProps, type LoneProps } from "./part.ts";
export { help, most } from "./help.ts";
`,
    "edge/part.ts": `import type { Common, Another } from "./common.ts";

export interface BaseProps extends Common, Pick<Another, "b"> {
  readonly own: string;
}

/** For own classes. */
export interface LoneProps {
  readonly lone: string;
}

export interface ChildProps {
  readonly wrong: string;
}

/** A base. */
export class Base extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: BaseProps & { readonly more: string },
  ) {
    super(scope, id);
  }

  /** Adds a file. */
  addFile(part: Construct, file: string | undefined): void {
    this.#hidden();
  }

  private other(): void {}
}

/** A child. */
export class Child extends Base {}

/** Takes nothing. */
export class Lone extends Construct {}

/** Takes its props alone. */
export class Whole extends RootConstruct {
  constructor({ a }: Common = {}) {
    super();
  }
}
`,
    "edge/common.ts": `export interface Common {
  readonly a?: number;
}
export interface Another {
  readonly b: number;
  readonly c: number;
}
`,
    "edge/help.ts": `/** Helps. */
export function help(
  text: string,
): string {
  return text;
}

/** The most. */
export const most: number = 3;
`,
  };
  const page = constructsPage("edge", (path) => sources[path]!);
  const sections = new Map(
    page.split(/^## /m).map((text) => [text.split("\n")[0], text.replaceAll(/\| +/g, "| ")]),
  );
  for (const name of ["Base", "Child"]) {
    const props = [...(sections.get(name) ?? "").matchAll(/^\| `(\w+)` \|/gm)].map(
      ([, prop]) => prop,
    );
    expect(props).toEqual(["own", "a", "b"]);
    expect(sections.get(name)).not.toContain("Takes");
  }
  expect(sections.get("Base")).toContain(
    "| `addFile(part: Construct, file: string \\| undefined): void` | Adds a file. |",
  );
  expect(sections.get("Base")).not.toContain("other");
  expect(sections.get("Lone")).toContain("Takes `(scope, id)`.");
  expect(sections.get("Whole")).toContain("Takes `(props)`.");
  expect(sections.get("LoneProps")).toContain("| `lone` |");
  expect(sections.get("help")).toContain("`help(text: string): string`\n\nHelps.");
  expect(sections.get("most")).toContain("`const most: number`\n\nThe most.");
});
