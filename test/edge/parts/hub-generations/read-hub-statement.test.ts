/**
 * A device without a tunnel follows its hub by the statement in its API: the scripts of its image with its
 * real file of authorities and the real openssl. A stand-in for `k3s kubectl` prints the fields.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { hubStatement } from "../../../../fleet/keys/authorities.ts";
import { RootKey } from "../../../../fleet/keys/root-key.ts";
import { deviceSecrets } from "../../../../fleet/keys/secrets.ts";
import { sampleFleet } from "../../../sample.ts";
import { composed, inlineOf, sampleDevice } from "../../devices.ts";

const folder = mkdtempSync(join(tmpdir(), "flotilla-statement-"));
const at = (name: string) => join(folder, name);
const key = new RootKey(new Uint8Array(32).fill(13));
const stranger = new RootKey(new Uint8Array(32).fill(14));
const device = { ...sampleDevice("store-01"), connectivity: "direct" as const };
const edge = composed(device, { secrets: deviceSecrets(sampleFleet, device, key) });
const image = inlineOf(edge, "/etc/flotilla/hub/trusted.pem");
const signed = (generation: number, by = key, named = generation) =>
  `${named} ${hubStatement(sampleFleet, by, generation)}`;

beforeAll(() => {
  for (const name of ["follow-hub", "read-hub-statement"]) {
    writeFileSync(at(name), inlineOf(edge, `/usr/local/bin/${name}`));
    chmodSync(at(name), 0o755);
  }
  // It ends as kubectl does where there is no ConfigMap.
  const k3s = `#!/bin/bash
echo "$*" >>${at("calls")}
[ -e ${at("answer")} ] || { echo "Error from server (NotFound)" >&2; exit 1; }
cat ${at("answer")}
`;
  writeFileSync(at("k3s"), k3s, { mode: 0o755 });
});

beforeEach(() => {
  rmSync(at("answer"), { force: true });
  rmSync(at("calls"), { force: true });
  writeFileSync(at("trusted.pem"), image);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** @returns which generations the device trusts after it, and what the script wrote */
function read(answer?: string | Uint8Array) {
  if (answer !== undefined) writeFileSync(at("answer"), answer);
  const { status, stdout, stderr } = spawnSync("bash", [at("read-hub-statement")], {
    encoding: "utf8",
    env: {
      PATH: `${folder}:${process.env["PATH"]}`,
      HUB_TRUSTED: at("trusted.pem"),
      HUB_GATEWAYS: at("none"),
    },
  });
  const trusted = readFileSync(at("trusted.pem"), "utf8");
  const generations = [...trusted.matchAll(/^# hub generation (\d+)$/gm)].map(([, n]) => Number(n));
  return { status, words: stdout + stderr, generations };
}

test.each([2, 3, 4])("follows a hub of generation %i, once", (generation) => {
  const { status, words, generations } = read(signed(generation));
  expect([status, generations[0], generations.at(-1)]).toEqual([0, generation, 4]);
  expect(words).toContain(`The hub has generation ${generation} now`);
  // The device's own authority stays.
  expect(readFileSync(at("trusted.pem"), "utf8").split("\n")[0]).toBe("# this device");
  expect(read()).toMatchObject({ status: 0, words: "", generations });
});

test("skips a generation that it missed, and never goes back", () => {
  expect(read(signed(3)).generations).toEqual([3, 4]);
  expect(read(signed(2))).toMatchObject({ status: 0, words: "", generations: [3, 4] });
  expect(read(signed(4)).generations).toEqual([4]);
  // Nothing is left that could follow: K3s is not asked.
  rmSync(at("calls"));
  expect(read(signed(3)).generations).toEqual([4]);
  expect(() => readFileSync(at("calls"))).toThrow("ENOENT");
});

const all = [1, 2, 3, 4];
const [generationTwo = "", signatureTwo = ""] = signed(2).split(" ");

test.each<[string, string | undefined]>([
  ["there is none", undefined],
  ["it is empty", ""],
  ["it has a signature only", ` ${signatureTwo}`],
  ["its generation is the current one", signed(1)],
  ["its generation is one that the image does not know", signed(5)],
  ["its generation is no number", `2.0 ${signatureTwo}`],
  ["its generation is a pattern", `. ${signatureTwo}`],
  ["its generation is an option", `--version ${signatureTwo}`],
  ["its generation is a command", `$(touch${at("hostile")}) ${signatureTwo}`],
  ["a comment comes before it", `# hub generation 2 ${signatureTwo}`],
  ["a line comes before it", `\n${generationTwo} ${signatureTwo}`],
])("does nothing, silently, if %s", (_, answer) => {
  expect(read(answer)).toEqual({ status: 0, words: "", generations: all });
});

test.each([
  ["a key of another fleet's root", signed(2, stranger)],
  ["the authority of an older generation", signed(1, key, 2)],
  ["the authority of a later generation", signed(3, key, 2)],
  ["nobody", "2"],
  ["four letters", "2 AAAA"],
  ["no base64", "2 ????"],
  ["half of a signature", `2 ${signatureTwo.slice(0, 40)}`],
  ["the signature of another number, a thief's", signed(2, key, 4)],
])("says that a statement is forged if it is signed by %s", (_, answer) => {
  const { status, words, generations } = read(answer);
  expect([status, generations]).toEqual([0, all]);
  expect(words).toMatch(/^<4>The statement about generation \d of the hub is not signed by its /);
});

test("an endless answer is read to its limit", () => {
  expect(read(`2 ${"A".repeat(50_000_000)}`)).toMatchObject({ status: 0, generations: all });
});

test("asks for the ConfigMap that Argo CD delivers", () => {
  read(signed(2));
  expect(readFileSync(at("calls"), "utf8")).toBe(
    "kubectl get configmap flotilla-hub --namespace=kube-system --request-timeout=10s " +
      "--output=jsonpath={.data.generation} {.data.signature}\n",
  );
});

test("no answer but the signed one moves a device", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc
          .tuple(fc.constantFrom("2", "3", "4"), fc.base64String({ maxLength: 100 }))
          .map(([generation, signature]) => Buffer.from(`${generation} ${signature}`)),
      ),
      (answer) => {
        const { status, generations } = read(answer);
        return status === 0 && generations.join() === all.join();
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);
