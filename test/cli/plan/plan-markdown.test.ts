import fc from "fast-check";
import { expect, test } from "vitest";
import { planMarkdown } from "../../../cli/plan/plan-markdown.ts";
import { planPage } from "../../../cli/plan/plan-page.ts";
import type { Plan, Verb } from "../../../cli/plan/plan.ts";
import { smallPlan, unchangedPlan } from "../../browser/plans.ts";
import { terraformText } from "./terraform.ts";
import { editedWorkplace, fleetText, workplace } from "./workplace.ts";
import { isolateGit } from "../publish/state-repository.ts";

isolateGit();

/** The longest comment that GitHub accepts, minus what a workflow adds. */
const charactersMax = 65_536 - 4_000;

test("says by meaning what the next publish does", async () => {
  const { write, run } = await editedWorkplace();
  write("hub.json", terraformText);
  const { code, out } = await run(["plan", "--markdown", "--terraform-plan", "hub.json"]);
  expect(code).toBe(0);
  const [head = "", ...sections] = out.split("<details>");
  expect(head.replace(/`[0-9a-f]{12}`/, "`TIP`")).toBe(`<!-- flotilla plan: harbor -->

### Plan for \`harbor\`

> [!CAUTION]
> **The hub can't reach 1 device until reinstalled:** \`store-04\`. Make new images, and reinstall right after the publish.
>
> **1 device removed and no longer managed:** \`store-12\`.
>
> **Terraform replaces or destroys 2 resources:** \`google_container_node_pool.pool\` replaced, \`google_compute_address.old\` destroyed.

1 device removed, 1 device added, 1 device to be reinstalled, 2 devices with other settings, 6 devices with another workload, 2 devices unchanged, 1 rollout, 1 part of the hub, Terraform: 1 replaced, 1 destroyed, 1 created, 1 changed in place. Workloads change on 10 devices; 3 images to make.

- 1 device removed: \`store-12\`
- 1 device added: \`kiosk-1\`
- 1 device to be reinstalled: \`store-04\`
- 2 devices with other settings: \`store-05\`, \`store-06\`
- 6 devices with another workload: \`store-03\`, \`store-{07..11}\`
- 3 images to make: \`kiosk-1\`, \`store-04\`, \`store-05\`
- Workload \`telemetry in stable\` changed: 8 devices
- Hub: \`gateway\` changed
- Terraform (\`hub.json\`): 4 changes

Compared with \`state.git\`, branch \`main\` at \`TIP\`.

`);
  const titles = sections.map((text) => /^<summary>(.*)<\/summary>/.exec(text)?.[1]);
  expect(titles).toEqual([
    "Devices",
    "Workloads on devices",
    "Hub",
    "Size of the hub",
    "Images",
    "Terraform",
  ]);
  expect(sections[0]).toContain("\n```text\nDevices: 1 removed, ");
  expect(sections[0]).toContain("generation 1 → 2; reinstall required\n");
  expect((await run(["plan", "--markdown", "--terraform-plan", "hub.json"])).out).toBe(out);
});

test("is short if nothing changes, and says so", async () => {
  const { run } = await editedWorkplace(fleetText, fleetText);
  const { out } = await run(["plan", "--markdown"]);
  expect(out).toMatch(
    /^<!-- flotilla plan: harbor -->\n\n### Plan for `harbor`\n\nPublishing changes nothing\.\n\nCompared with `state\.git`, branch `main` at `[0-9a-f]{12}`\.\n$/,
  );
});

test("everything is new without a state repository", async () => {
  const { out } = await workplace().run(["plan", "--markdown"]);
  expect(out).toContain("- 12 devices added: `store-{01..12}`\n- 12 images to make: ");
  expect(out).toContain("Compared with `state.git`, branch `main`, which does not exist yet.\n");
});

test("says if the publish would be refused", async () => {
  const { read, write, run } = await editedWorkplace(fleetText, fleetText);
  const lock = read("fleet.lock.yaml");
  write("fleet.lock.yaml", lock.replace(/store-03: .*\n/, "store-03: 100.64.9.9\n"));
  const { out, err } = await run(["plan", "--markdown"]);
  expect(err).toContain("A publish would be refused: ");
  expect(out).toContain("> [!CAUTION]\n> A publish would be refused: `");
});

const stale = {
  site: "boston",
  architecture: "x86_64",
  path: "dist/edge/_sites/boston/boston-x86_64.iso",
  command: "make iso SITE=boston",
  missing: ["store-01"],
  changed: [],
  gone: ["store-09"],
} as const;
const staleLine =
  "dist/edge/_sites/boston/boston-x86_64.iso is older than the fleet file: it lacks store-01; it still has the keys of store-09. Make it again: make iso SITE=boston";

test("names images of sites that are old, even if a publish changes nothing", () => {
  for (const { plan, fleet } of [smallPlan(), unchangedPlan()]) {
    const markdown = planMarkdown({ ...plan, staleMedia: [stale] });
    expect(markdown).toContain("> [!NOTE]\n");
    expect(markdown).toContain(
      `> \`${stale.path}\` is older than the fleet file. Make it again: \`${stale.command}\`\n`,
    );
    expect(planMarkdown(plan)).not.toContain("older than the fleet file");
    const page = planPage({ ...plan, staleMedia: [stale] }, fleet);
    expect(page).toContain(`<p>${staleLine}</p>`);
    expect(planPage(plan, fleet)).not.toContain("older than the fleet file");
  }
  const many = Array.from({ length: 25 }, (_, index) => ({ ...stale, site: `s${index}` }));
  const { plan } = unchangedPlan();
  expect(planMarkdown({ ...plan, staleMedia: many })).toContain("> 5 more site images\n");
});

test("refuses --json", async () => {
  const { code, err } = await workplace().run(["plan", "--markdown", "--json"]);
  expect([code, err]).toEqual([
    2,
    "error: give --markdown or --json, not both\n(see: flotilla plan --help)\n",
  ]);
});

/** Texts that Markdown, HTML or GitHub could interpret as something else. */
const hostile = fc.oneof(
  fc.constantFrom(
    "@harbor/everyone",
    "<img src=x onerror=alert(1)>",
    "</details>",
    "</summary><script>",
    "-->",
    "<!-- flotilla plan: other -->",
    "```\n# heading",
    "`",
    "``` ``",
    "~~~",
    "a`b``c```d````e",
    "| a | b |",
    "[x](https://example.com)",
    "![x](https://example.com/a.png)",
    "https://example.com",
    "#1 GH-1 harbor/state#1",
    "$x$ :tada: **b** _i_ \\`",
    "\r\n\r\n# heading",
    "\u202egnp.exe",
    "\u2028`\u0085`\u000b",
    "> [!NOTE]",
    "    code",
    "",
    " ",
    "`".repeat(300),
    "x".repeat(5_000),
  ),
  fc.string({ unit: "binary", maxLength: 40 }),
);
const verb = fc.constantFrom<Verb>("added", "changed", "removed");

const plans: fc.Arbitrary<Plan> = fc
  .record({
    texts: fc.array(hostile, { minLength: 12, maxLength: 12 }),
    before: hostile,
    after: hostile,
    verb,
    many: fc.constantFrom(0, 1, 30, 1_000),
  })
  .map(({ texts, before, after, verb: change, many }) => {
    const at = (index: number) => texts[index] ?? "";
    const fields = [{ path: at(0), before, after }];
    const devices = Array.from({ length: many }, (_, index) => `${at(1)}-${index * 2}`);
    const objects = [{ kind: at(2), name: at(3), namespace: at(4), change, fields }];
    const count = devices.length;
    return {
      fleet: "harbor",
      domain: at(5),
      repository: at(6),
      branch: at(7),
      tip: null,
      summary: {
        changes: true,
        devices: {
          removed: count,
          added: 0,
          reinstall: count,
          changed: 0,
          restart: 0,
          workload: 0,
          unchanged: 0,
        },
        affectedDevices: 0,
        restartingDevices: 0,
        images: { new: 0, reinstall: count, changed: 0, same: 0, unknown: 1 },
        rollouts: 1,
        hub: 1,
        terraform: { replace: 1, delete: 0, create: 0, update: 0, forget: 0 },
      },
      devices: devices.map((device) => ({
        device,
        change,
        site: at(8),
        ring: at(9),
        fields,
        image: "reinstall" as const,
        workloads: { gained: [at(10)], lost: [], moved: [] },
      })),
      rollouts: Array.from({ length: Math.max(1, many) }, () => {
        return {
          workload: at(10),
          ring: at(9),
          site: at(8),
          change,
          objects,
          devices,
          left: devices,
        };
      }).slice(0, 60),
      restarts: [{ before: at(11), after: at(0), devices }],
      hub: [
        {
          name: at(1),
          change,
          chart: { path: "version", before, after },
          values: fields,
          objects,
          peers: null,
        },
      ],
      outcomes: {
        removed: devices,
        added: [],
        reinstall: devices,
        changed: [],
        restart: [],
        workload: [],
        unchanged: [],
      },
      hubSize: [],
      terraform: [
        {
          file: at(2),
          resources: [{ address: at(3), action: "replace" as const, attributes: [at(4)] }],
          outputs: [at(5)],
        },
      ],
      files: { added: [], changed: [], removed: [] },
    };
  });

test("texts from outside are code, whatever they contain, and the comment is never too long", () => {
  fc.assert(
    fc.property(plans, hostile, (plan, problem) => {
      const markdown = planMarkdown(plan, problem);
      expect(markdown.length).toBeLessThan(charactersMax);
      expect(markdown.startsWith("<!-- flotilla plan: harbor -->\n\n### Plan for `harbor`\n")).toBe(
        true,
      );
      expect(ownWords(markdown)).not.toMatch(
        // eslint-disable-next-line no-control-regex
        /[@`\\$#|~_]|\w:\w|https?:|[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e]|x{20}/,
      );
    }),
    { numRuns: 100 },
  );
});

const tags = /<\/?(details|summary)>/g;

/**
 * The text that is neither code nor Flotilla's Markdown. A run of backticks ends at the next run of the same length
 * (CommonMark 6.1), a fence at a line with at least as many (4.5).
 */
function ownWords(markdown: string): string {
  const text = markdown
    .replace(/^<!-- flotilla plan: harbor -->\n\n### /, "")
    .replaceAll(/^(`{3,})text\n[^]*?^\1`*\n/gm, "")
    .replaceAll(/^[^\n]+$/gm, (line) => line.replaceAll(/(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)/g, ""));
  expect(text.match(tags)?.length ?? 0).toBe((text.match(/^<details>/gm)?.length ?? 0) * 4);
  const rest = text.replaceAll(tags, "").replaceAll(/\[!(CAUTION|NOTE)\]/g, "");
  expect(rest).not.toMatch(/[<[\]]|!\[/);
  return rest;
}
