import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatRootKey } from "../../../fleet/keys/root-key.ts";
import { flotilla } from "../command-line.ts";
import { editedWorkplace, fleetText, workplace, type Workplace } from "../plan/workplace.ts";
import { git, isolateGit } from "../publish/state-repository.ts";

isolateGit();

const tipOf = ({ folder }: Workplace, path = "state.git") =>
  git(join(folder, path), "rev-parse", "main");

const url = "https://git.harbor.example/state.git";
/** A fleet whose state goes into the output folder. */
const embeddedText = fleetText.replace("push: state.git", "push: dist/state.git");

describe("up", () => {
  test("publishes into the repository of this machine, and asks nothing", async () => {
    const place = workplace(embeddedText);
    expect((await place.run(["up"])).code).toBe(0);
    place.write("fleet.yaml", embeddedText.replace("store-{03..12}", "store-{03..11}"));
    const { code, out } = await place.run(["up"]);
    expect([code, out]).toEqual([0, expect.stringContaining(": Remove device store-12\n")]);
  });

  test.each(["state.git", "../state.git", "dist/../state.git"])(
    "shows the plan where the state goes to %s, and publishes nothing",
    async (push) => {
      const place = workplace(fleetText.replace("push: state.git", `push: ${push}`));
      const { code, out } = await place.run(["up"]);
      expect(code).toBe(0);
      expect(out).toContain(`\nPlan for harbor: ${push}, branch main, which does not exist yet\n`);
      expect(out).toContain("12 devices added");
      expect(out).toContain("\nNext:\n  flotilla publish: bring this to the hub\n");
      expect(existsSync(join(place.folder, push))).toBe(false);
      expect(existsSync(join(place.folder, "dist", "gitops", "root.yaml"))).toBe(true);
      const report = JSON.parse((await place.run(["up", "--json"])).out);
      expect(report).toMatchObject({ publication: null, plan: { summary: { changes: true } } });
    },
  );

  test("without push it is url that counts, never a folder of this machine", async () => {
    const place = workplace();
    const repository = join(place.folder, "state-of-all.git");
    git(place.folder, "init", "--quiet", "--bare", repository);
    const text = fleetText.replace(url, `file://${repository}`).replace(", push: state.git", "");
    place.write("fleet.yaml", text);
    expect((await place.run(["up"])).out).toContain(
      `Plan for harbor: file://${repository}, branch`,
    );
    expect((await place.run(["publish"])).code).toBe(0);
    expect(git(repository, "rev-list", "--count", "main")).toBe("1");
    expect(existsSync(join(place.folder, "dist", "state.git"))).toBe(false);
  });

  test.each([
    ["https://github.com/harbor/state.git", true],
    ["git@git.harbor.com:state.git", true],
    [url, false],
    ["git@git.harbor.example:state.git", false],
    ["ssh://git@git.example.com:22/state.git", false],
  ])("says that Argo CD reads %s, not what is on this machine: %s", async (real, says) => {
    const place = workplace(embeddedText.replace(url, real));
    for (const command of ["up", "publish"]) {
      const { code, err } = await place.run([command]);
      expect(code).toBe(0);
      const note = `Publishing to dist/state.git on this machine only: Argo CD reads ${real}`;
      expect(err.includes(note)).toBe(says);
    }
  });
});

/** Edits that somebody has to know of, and the line that says so. */
const effects: readonly (readonly [what: string, edited: string, line: string])[] = [
  [
    "a device goes",
    fleetText.replace("store-{03..12}", "store-{03..11}"),
    "1 device removed and no longer managed: store-12",
  ],
  [
    "a generation is raised",
    fleetText.replace(
      "store-{01..02}: { site: boston }",
      "store-{01..02}: { site: boston, generation: 2 }",
    ),
    "2 devices cut off until reinstalled: store-01, store-02",
  ],
  [
    "a device gets an address of its own",
    fleetText.replace(
      "store-{01..02}: { site: boston }",
      "store-01: { site: boston }\n  store-02: { site: boston, connectivity: direct, address: 203.0.113.9 }",
    ),
    "1 device cut off until reinstalled: store-02",
  ],
  [
    "the domain changes",
    fleetText.replace("edge.harbor", "far.harbor"),
    "12 devices in need of a new image: store-{01..12}",
  ],
  [
    "the gateway's address changes",
    `${fleetText}tunnel: { endpoint: "hub.harbor.example:51820" }\n`,
    "12 devices in need of a new image: store-{01..12}",
  ],
  [
    "a disk changes",
    fleetText.replace("/dev/sda", "/dev/sdb"),
    "12 devices in need of a new image: store-{01..12}",
  ],
];

describe("publish asks", () => {
  test.each(effects)("where %s", async (_, edited, line) => {
    const place = await editedWorkplace(fleetText, edited);
    const before = tipOf(place);
    const { code, err } = await place.run(["publish"]);
    expect(err).toContain(`flotilla: nothing was published: ${line}`);
    expect(err).toContain("To publish it anyway, add --yes");
    expect([code, tipOf(place)]).toEqual([1, before]);

    const questions: string[] = [];
    const answering = (answer: string) => (question: string) => {
      questions.push(question);
      return Promise.resolve(answer);
    };
    const no = await place.run(["publish"], { ask: answering("no") });
    expect([no.code, no.err, tipOf(place)]).toEqual([1, expect.stringContaining(line), before]);
    const yes = await place.run(["publish"], { ask: answering("yes") });
    expect([yes.code, questions]).toEqual([
      0,
      Array(2).fill("Publish this? Type yes to continue: "),
    ]);
    expect(tipOf(place)).not.toBe(before);
    // It is published already.
    expect((await place.run(["publish"])).code).toBe(0);
  });

  test("not with --yes, and not for what reaches devices by itself", async () => {
    const gone = fleetText.replace("store-{03..12}", "store-{03..11}");
    const place = await editedWorkplace(fleetText, gone);
    expect((await place.run(["publish", "--yes"])).code).toBe(0);
    const version = gone.replace("stable: 1.9.0", "stable: 1.9.1");
    for (const text of [version, version.replace("store-{03..11}", "store-{03..12}")]) {
      place.write("fleet.yaml", text);
      expect(await place.run(["publish"])).toMatchObject({ code: 0 });
    }
  });
});

test.each([
  ["devices of the same names", fleetText],
  ["other devices", fleetText.replaceAll("store-", "till-")],
])("the state repository of another fleet is refused, with %s", async (_, text) => {
  const place = await editedWorkplace(fleetText, fleetText);
  const before = tipOf(place);
  const other = workplace(text.replace("fleet: harbor", "fleet: bakery"));
  const push = `push: ${join(place.folder, "state.git")}`;
  other.write("fleet.yaml", other.read("fleet.yaml").replace("push: state.git", push));
  const said =
    "the state repository has the fleet harbor: 12 devices (store-{01..12}). This is bakery";
  const { code, err } = await other.run(["publish", "--yes"]);
  expect(err).toContain(`nothing was published: ${said}`);
  expect([code, tipOf(place)]).toEqual([1, before]);
  expect((await other.run(["plan"])).err).toContain(`A publish would be refused: ${said}`);
  expect((await other.run(["publish", "--force", "--yes"])).code).toBe(0);
  // Now it is that of the other one.
  expect((await other.run(["publish"])).code).toBe(0);
  expect((await place.run(["publish", "--yes"])).err).toContain("has the fleet bakery");
});

describe("a lost lock is refused", () => {
  const lost = "Was the lock lost and made again? Restore it: git checkout fleet.lock.yaml";

  test("where devices get other addresses; --force overrides that", async () => {
    const place = await editedWorkplace(fleetText, fleetText);
    const before = tipOf(place);
    const lock = place.read("fleet.lock.yaml");
    // As if another order of devices had allocated them.
    place.write("fleet.lock.yaml", lock.replace(/store-01: (\S+)/, "store-01: 100.64.9.9"));
    for (const args of [["publish"], ["publish", "--yes"]]) {
      const { code, err } = await place.run(args);
      expect(err).toMatch(
        /nothing was published: 1 device \(store-01\) in the state repository has another tunnel address than in fleet\.lock\.yaml \(store-01 has '?100\.\S+, and the lock says 100\.64\.9\.9\)/,
      );
      expect(err).toContain(lost);
      expect([code, tipOf(place)]).toEqual([1, before]);
    }
    expect((await place.run(["plan"])).err).toContain(`A publish would be refused: 1 device`);
    expect((await place.run(["up"])).err).toContain(lost);
    expect((await place.run(["publish", "--force", "--yes"])).code).toBe(0);
  });

  test("but not where a device moves on purpose, with a new generation or without a tunnel", async () => {
    const moved = fleetText.replace(
      "store-{01..02}: { site: boston }",
      "store-01: { site: boston, generation: 2 }\n  store-02: { site: boston, connectivity: direct, address: 203.0.113.9 }",
    );
    const place = await editedWorkplace(fleetText, moved);
    const lock = place.read("fleet.lock.yaml");
    place.write("fleet.lock.yaml", lock.replace(/store-01: (\S+)/, "store-01: 100.64.9.9"));
    expect((await place.run(["publish", "--yes"])).code).toBe(0);
  });

  test("where the root key is another one", async () => {
    const place = await editedWorkplace(fleetText, fleetText);
    const lock = place.read("fleet.lock.yaml");
    const rest = lock.replace(/^keyId:.*\n/m, "").replace(/^publicKeys:\n( .*\n)*/m, "");
    place.write("fleet.lock.yaml", rest);
    const other = { FLOTILLA_KEY: formatRootKey(new Uint8Array(32).fill(8)).trim() };
    const before = tipOf(place);
    const { code, err } = await flotilla(place.folder, ["publish", "--yes"], other);
    expect(err).toContain(
      "12 devices (store-{01..12}) in the state repository trust another root key than this fleet's",
    );
    expect([code, tipOf(place)]).toEqual([1, before]);
    const forced = await flotilla(place.folder, ["publish", "--yes", "--force"], other);
    expect(forced.code).toBe(0);
  });
});
