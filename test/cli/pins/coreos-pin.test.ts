import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { coreosPins, streamUrl } from "../../../cli/pins/stream-metadata.ts";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { startingPins } from "../../../fleet/lock/pins.ts";
import { sharedPath } from "../../peers/peers.ts";
import { flotilla } from "../command-line.ts";
import { file, redirect, serve, status } from "../media/download/loopback.ts";
import { temporaryFolder } from "../temporary.ts";

const builds = "https://builds.coreos.fedoraproject.org/prod/streams/stable/builds";
const otherHash = "0123456789abcdef".repeat(4);

/** The part of the metadata that Flotilla reads, and a few other keys. */
function metadata(release = "45.20261101.3.0", stream = "stable") {
  const architecture = (name: string) => {
    const location = `${builds}/${release}/${name}/fedora-coreos-${release}-live-iso.${name}.iso`;
    const disk = { location, signature: `${location}.sig`, sha256: otherHash };
    return { artifacts: { aws: {}, metal: { release, formats: { iso: { disk }, pxe: {} } } } };
  };
  return {
    stream,
    metadata: { "last-modified": "2026-11-02T00:00:00Z" },
    architectures: {
      x86_64: architecture("x86_64"),
      aarch64: architecture("aarch64"),
      s390x: {},
    },
  };
}

const text = (value: unknown) => Buffer.from(JSON.stringify(value, undefined, 2));

/** A folder with a fleet and its lock. `lock` reads the lock. */
async function fleetFolder(): Promise<{ folder: string; lock: () => string }> {
  const folder = temporaryFolder();
  await flotilla(folder, ["init"]);
  await flotilla(folder, ["keygen"]);
  const { code, err } = await flotilla(folder, ["synth"]);
  expect(code, err).toBe(0);
  return { folder, lock: () => readFileSync(join(folder, "fleet.lock.yaml"), "utf8") };
}

describe("flotilla pin", () => {
  test("writes the new build into the lock, and nothing else", async () => {
    const { folder, lock } = await fleetFolder();
    const before = lock();
    const origin = await serve({ "/stable.json": file(text(metadata())) });
    const args = ["pin", "--only", "coreos", "--stream-url", `${origin.url}/stable.json`];
    expect(await flotilla(folder, args)).toEqual({
      code: 0,
      out: "fleet.lock.yaml: Fedora CoreOS stable 44.20260707.3.1 → stable 45.20261101.3.0\n",
      err: "",
    });
    const changed = parse(lock()) as { pins: { coreos: unknown } };
    expect(changed.pins.coreos).toEqual({
      stream: "stable",
      release: "45.20261101.3.0",
      iso: {
        x86_64: {
          url: `${builds}/45.20261101.3.0/x86_64/fedora-coreos-45.20261101.3.0-live-iso.x86_64.iso`,
          sha256: otherHash,
        },
        aarch64: {
          url: `${builds}/45.20261101.3.0/aarch64/fedora-coreos-45.20261101.3.0-live-iso.aarch64.iso`,
          sha256: otherHash,
        },
      },
    });
    const old = parse(before) as { pins: object };
    const { coreos } = changed.pins;
    expect({ ...changed, pins: { ...changed.pins, coreos: undefined } }).toEqual({
      ...old,
      pins: { ...old.pins, coreos: undefined },
    });
    expect(coreos).toBeDefined();
    // The next commands read it from the lock.
    expect(await flotilla(folder, ["validate"])).toMatchObject({ code: 0, err: "" });

    const time = statSync(join(folder, "fleet.lock.yaml")).mtimeMs;
    expect(await flotilla(folder, args)).toEqual({
      code: 0,
      out: "fleet.lock.yaml: Fedora CoreOS stable 45.20261101.3.0 is already pinned\n",
      err: "",
    });
    expect(statSync(join(folder, "fleet.lock.yaml")).mtimeMs).toBe(time);
  });

  test("allocates nothing: a device that was added waits for the next synth", async () => {
    const { folder, lock } = await fleetFolder();
    const fleetFile = join(folder, "fleet.yaml");
    const fleet = readFileSync(fleetFile, "utf8");
    const added = fleet.replace(/^devices:\n(.+:)/m, "devices:\n  newcomer: { site: SITE }\n$1");
    const [, site = ""] = /^sites:\n(?:\s*#.*\n)*\s+([a-z0-9-]+):/m.exec(fleet) ?? [];
    writeFileSync(fleetFile, added.replace("SITE", site));
    const addresses = () => (parse(lock()) as { tunnel: unknown }).tunnel;
    const before = addresses();
    const origin = await serve({ "/stable.json": file(text(metadata())) });
    const run = await flotilla(folder, [
      "pin",
      "--only",
      "coreos",
      "--stream-url",
      `${origin.url}/stable.json`,
    ]);
    expect(run).toMatchObject({ code: 0, err: "" });
    expect(addresses()).toEqual(before);
    expect((await flotilla(folder, ["validate"])).err).toContain("The next synth will write");
  });

  test("changes the stream", async () => {
    const { folder, lock } = await fleetFolder();
    const origin = await serve({ "/t": file(text(metadata("45.20261101.2.0", "testing"))) });
    const args = [
      "pin",
      "--only",
      "coreos",
      "--stream",
      "testing",
      "--stream-url",
      `${origin.url}/t`,
      "--json",
    ];
    const run = await flotilla(folder, args);
    expect(run).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(run.out)).toEqual({
      lock: "fleet.lock.yaml",
      changed: true,
      pins: [
        {
          kind: "coreos",
          name: "Fedora CoreOS",
          from: "stable 44.20260707.3.1",
          to: "testing 45.20261101.2.0",
          changed: true,
        },
      ],
    });
    expect(lock()).toContain("stream: testing");
  });

  test("an older release is refused, and --to overrides that", async () => {
    const { folder, lock } = await fleetFolder();
    const before = lock();
    const origin = await serve({ "/s": file(text(metadata("44.20260706.3.0"))) });
    const args = ["pin", "--only", "coreos", "--stream-url", `${origin.url}/s`];
    const refused = await flotilla(folder, args);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain(
      "it offers 44.20260706.3.0, which is older than 44.20260707.3.1 in the lock.",
    );
    expect(refused.err).toContain("flotilla pin --only coreos --to 44.20260706.3.0\n");
    expect(lock()).toBe(before);
    const insisted = await flotilla(folder, [...args, "--to", "44.20260706.3.0"]);
    expect(insisted).toMatchObject({ code: 0, err: "" });
    expect(lock()).toContain("release: 44.20260706.3.0");
  });

  test("--to finds an earlier build than the lock's", async () => {
    const build = (machine: string, release: string) => ({
      buildid: release,
      images: {
        "live-iso": {
          path: `fedora-coreos-${release}-live-iso.${machine}.iso`,
          sha256: otherHash,
        },
      },
    });
    const release = "44.20260601.3.0";
    const metas = (named: string) => ({
      "/s": file(text(metadata())),
      [`/builds/${release}/x86_64/meta.json`]: file(text(build("x86_64", named))),
      [`/builds/${release}/aarch64/meta.json`]: file(text(build("aarch64", named))),
    });
    for (const named of [release, "44.20260501.3.0"]) {
      const { folder, lock } = await fleetFolder();
      const origin = await serve(metas(named));
      const path = join(folder, "fleet.lock.yaml");
      writeFileSync(path, lock().replaceAll(`${builds}/`, `${origin.url}/builds/`));
      const args = ["--only", "coreos", "--stream-url", `${origin.url}/s`, "--to", release];
      const run = await flotilla(folder, ["pin", ...args]);
      expect(run.code, run.err).toBe(named === release ? 0 : 1);
      if (named === release) {
        expect(lock()).toContain(
          `${origin.url}/builds/${release}/x86_64/fedora-coreos-${release}-live-iso.x86_64.iso`,
        );
      } else {
        expect(run.err).toContain(`this is not the description of Fedora CoreOS ${release}`);
      }
    }
  });

  test("the same release with other bytes is refused", async () => {
    const { folder } = await fleetFolder();
    const origin = await serve({ "/s": file(text(metadata("44.20260707.3.1"))) });
    const run = await flotilla(folder, [
      "pin",
      "--only",
      "coreos",
      "--stream-url",
      `${origin.url}/s`,
    ]);
    expect(run.code).toBe(1);
    expect(run.err).toContain(
      "Fedora CoreOS 44.20260707.3.1 has another sha256 for x86_64 than the lock, and a release must never change",
    );
  });

  test("a redirect to another host is reported", async () => {
    const { folder } = await fleetFolder();
    const there = await serve({ "/s": file(text(metadata())) });
    const here = await serve({ "/s": redirect(`${there.url}/s`) });
    const run = await flotilla(folder, [
      "pin",
      "--only",
      "coreos",
      "--stream-url",
      `${here.url}/s`,
    ]);
    expect(run.code, run.err).toBe(0);
    expect(run.err).toBe(`${here.url.slice(7)} redirects to ${there.url.slice(7)}\n`);
  });

  test("writes nothing for a fleet without a lock that has these pins anyway", async () => {
    const folder = temporaryFolder();
    await flotilla(folder, ["init"]);
    const fixture = metadata("44.20260707.3.1");
    for (const name of ["x86_64", "aarch64"] as const) {
      const { sha256 } = startingPins.coreos.iso[name];
      fixture.architectures[name].artifacts.metal.formats.iso.disk.sha256 = sha256;
    }
    const origin = await serve({ "/stable.json": file(text(fixture)) });
    const run = await flotilla(folder, [
      "pin",
      "--only",
      "coreos",
      "--stream-url",
      `${origin.url}/stable.json`,
    ]);
    expect(run.out).toContain("is already pinned");
    expect(existsSync(join(folder, "fleet.lock.yaml"))).toBe(false);
  });

  test("leaves the lock unchanged without metadata", async () => {
    const { folder, lock } = await fleetFolder();
    const before = lock();
    const origin = await serve({ "/secret": status(403) });
    const pin = (url: string) => flotilla(folder, ["pin", "--only", "coreos", "--stream-url", url]);
    expect(await pin(`${origin.url}/none`)).toEqual({
      code: 1,
      out: "",
      err:
        `flotilla: ${origin.url}/none: the metadata of a stream (stable, testing or next) is not there\n` +
        "The lock is not changed.\n",
    });
    expect((await pin(`${origin.url}/secret`)).err).toBe(
      `flotilla: ${origin.url}/secret answers 403\nThe lock is not changed.\n`,
    );
    expect((await pin("http://example.com/stable.json")).err).toBe(
      "flotilla: http://example.com/stable.json is not https; nothing is downloaded that way\nThe lock is not changed.\n",
    );
    expect((await pin("stable.json")).err).toBe(
      'flotilla: "stable.json" is not a valid URL\nThe lock is not changed.\n',
    );
    expect(lock()).toBe(before);
  });

  test("refuses an invalid name of a stream", async () => {
    const run = await flotilla(temporaryFolder(), [
      "pin",
      "--only",
      "coreos",
      "--stream",
      "../stable",
    ]);
    expect(run.code).toBe(2);
    expect(run.err).toContain("Expected a name in lower case, such as stable.");
  });
});

describe("the stream metadata", () => {
  const place = streamUrl("stable");
  const mistakesOf = (value: unknown, stream = "stable"): string[] => {
    try {
      coreosPins(place, typeof value === "string" ? value : text(value).toString(), stream);
      return [];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return error.message.replaceAll(`${place}:`, "").split("\n");
    }
  };

  test("comes from Fedora", () => {
    expect(place).toBe("https://builds.coreos.fedoraproject.org/streams/stable.json");
  });

  const fixture = sharedPath("fixtures/streams/stable.json");
  test.skipIf(fixture === undefined)(
    "of July 2026 is what new fleets start with (skipped without ../shared)",
    () => {
      const real = readFileSync(fixture ?? "", "utf8");
      expect(coreosPins(place, real, "stable")).toEqual(startingPins.coreos);
    },
  );

  type Metadata = ReturnType<typeof metadata>;
  const isoOf = (value: Metadata) => value.architectures.x86_64.artifacts.metal.formats.iso.disk;
  const moved = (value: Metadata, move: (url: string) => string) => {
    const location = move(isoOf(value).location);
    return Object.assign(isoOf(value), { location, signature: `${location}.sig` });
  };
  const path = "architectures.x86_64.artifacts.metal.formats.iso.disk";
  test.each<[string, (value: Metadata) => unknown, string | RegExp]>([
    [
      "another stream",
      (value) => (value.stream = "next"),
      /^2:13: stream: this is the stream "next", and you asked for "stable"\. Choose one: --stream next$/,
    ],
    [
      "an invalid hash",
      (value) => (isoOf(value).sha256 = "ABC"),
      new RegExp(
        `: ${path}\\.sha256: this is not a valid SHA-256: expected 64 lower-case hexadecimal digits\\.$`,
      ),
    ],
    [
      "no ISO",
      (value) => Reflect.deleteProperty(value.architectures.x86_64.artifacts.metal.formats, "iso"),
      /: architectures\.x86_64\.artifacts\.metal\.formats: "iso" is missing\. Write it here\.$/,
    ],
    [
      "a signature elsewhere",
      (value) => (isoOf(value).signature = "https://example.com/x.sig"),
      new RegExp(
        `: ${path}\\.signature: found "https://example.com/x.sig"; expected the location followed by \\.sig\\.$`,
      ),
    ],
    [
      "an invalid location",
      (value) => Object.assign(isoOf(value), { location: "x.iso", signature: "x.iso.sig" }),
      new RegExp(`: ${path}\\.location: found "x.iso", which is not an https URL of an ISO\\.$`),
    ],
    [
      "an invalid release",
      (value) => (value.architectures.x86_64.artifacts.metal.release = "44"),
      /: this is not a release of Fedora CoreOS, such as 44\.20260707\.3\.1\.$/,
    ],
    [
      "the file of another release",
      (value) =>
        moved(value, (url) => url.replace("coreos-45.20261101.3.0", "coreos-44.20260101.3.0")),
      /which does not belong to the release 45\.20261101\.3\.0 for x86_64\.$/,
    ],
    [
      "the folder of another release",
      (value) => moved(value, (url) => url.replace("/45.20261101.3.0/", "/44.20260101.3.0/")),
      /which does not belong to the release 45\.20261101\.3\.0 for x86_64\.$/,
    ],
    [
      "the other architecture",
      (value) => moved(value, (url) => url.replaceAll("x86_64", "aarch64")),
      /which does not belong to the release 45\.20261101\.3\.0 for x86_64\.$/,
    ],
    [
      "another file",
      (value) => moved(value, (url) => url.replace("live-iso", "rawhide")),
      /which does not belong to the release 45\.20261101\.3\.0 for x86_64\.$/,
    ],
    [
      "two releases",
      (value) => (value.architectures.aarch64.artifacts.metal.release = "45.20261101.3.1"),
      /: x86_64 is at 45\.20261101\.3\.0, and aarch64 at 45\.20261101\.3\.1: the release is not out for both yet\. Try again in an hour\.$/,
    ],
  ])("%s", (_what, change, message) => {
    const value = metadata();
    change(value);
    const mistakes = mistakesOf(value);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toMatch(message);
  });

  test.each([
    ["nothing", ""],
    ["a web page", "<!DOCTYPE html>\n<p>Log in to the hotel's network: it's free</p>"],
    ["half of the metadata", text(metadata()).toString().slice(0, 500)],
  ])("%s is refused", (_what, content) => {
    expect(mistakesOf(content).length).toBeGreaterThan(0);
  });
});
