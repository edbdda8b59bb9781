/** K3s' releases on loopback, and the whole of `flotilla pin`. */
import { describe, expect, test } from "vitest";
import { k3sPin } from "../../../cli/pins/k3s-pin.ts";
import type { Asking } from "../../../cli/pins/source.ts";
import type { Pins } from "../../../fleet/model/pins.ts";
import { flotilla } from "../command-line.ts";
import { serve, status, type Answer } from "../media/download/loopback.ts";
import { hostOf, manifest, project, sha256, text, withDigest } from "./world.ts";

const asking: Asking = {
  patience: { silenceMilliseconds: 300, retryDelaysMilliseconds: [1] },
  say: () => {},
};
const hash = (of: string) => sha256(of);
/** The lists of a release, as K3s writes them. */
function release(version: string): Record<string, Answer> {
  const folder = `/k3s/${encodeURIComponent(version)}`;
  const list = (name: string, images: string) =>
    text(`${hash(images)}  ${images}\n${hash(version + name)}  ${name}\n`);
  return {
    [`${folder}/sha256sum-amd64.txt`]: list("k3s", "k3s-airgap-images-amd64.tar"),
    [`${folder}/sha256sum-arm64.txt`]: list("k3s-arm64", "k3s-airgap-images-arm64.tar"),
  };
}
const channels = (latest: string) =>
  text({
    data: [
      { id: "latest", latest: "v9.0.0+k3s1" },
      { id: "stable", latest },
    ],
  });

function pinned(origin: string, version: string): Pins["k3s"] {
  const place = `${origin}/k3s/${encodeURIComponent(version)}`;
  return {
    version,
    binary: {
      x86_64: { url: `${place}/k3s`, sha256: hash(`${version}k3s`) },
      aarch64: { url: `${place}/k3s-arm64`, sha256: hash(`${version}k3s-arm64`) },
    },
  };
}

const [v4, v5, v10] = ["v1.36.4+k3s1", "v1.36.5+k3s1", "v1.36.10+k3s1"] as const;
const all = { ...release(v4), ...release(v5), ...release(v10) };

test("the stable release with the hashes of its page, at the mirror of the lock", async () => {
  const { url } = await serve({ ...all, "/channels": channels(v10) });
  const wish = { to: undefined, versions: [], channelsUrl: `${url}/channels` };
  expect(await k3sPin(pinned(url, v4), wish, asking)).toEqual(pinned(url, v10));
});

test("the releases of rings get hashes, and images the lowest of them", async () => {
  const { url } = await serve(all);
  const wish = { to: undefined, versions: [v10, v5, v5], channelsUrl: `${url}/none` };
  const upgrade = (version: string) => ({
    binary: { x86_64: hash(`${version}k3s`), aarch64: hash(`${version}k3s-arm64`) },
  });
  expect(await k3sPin(pinned(url, v4), wish, asking)).toEqual({
    ...pinned(url, v5),
    upgrades: { [v10]: upgrade(v10), [v5]: upgrade(v5) },
  });
});

describe("is refused", () => {
  test.each<[string, Record<string, Answer>, string | undefined, RegExp]>([
    [
      "an older stable release",
      { ...all, "/channels": channels("v1.36.3+k3s9") },
      undefined,
      /K3s v1\.36\.3\+k3s9 is older than v1\.36\.4\+k3s1, which the lock pins\. To pin it anyway: flotilla pin --only k3s --to v1\.36\.3\+k3s9/,
    ],
    ["no channels", all, undefined, /K3s' list of channels is not there/],
    ["a web page", { ...all, "/channels": text("<!doctype html>") }, undefined, /found a web page/],
    [
      "no stable channel",
      { ...all, "/channels": text({ data: [] }) },
      undefined,
      /has no release of the channel "stable"/,
    ],
    [
      "a release that is a path",
      { ...all, "/channels": channels("../../evil") },
      undefined,
      /has no release of the channel "stable"/,
    ],
    [
      "a release without a page",
      { ...all, "/channels": channels("v1.37.0+k3s1") },
      undefined,
      /the list of hashes of K3s v1\.37\.0\+k3s1 is not there/,
    ],
    [
      "a broken page",
      { ...all, [`/k3s/${encodeURIComponent(v5)}/sha256sum-arm64.txt`]: status(500) },
      v5,
      /answers 500/,
    ],
    [
      "a page without the binary",
      {
        ...all,
        [`/k3s/${encodeURIComponent(v5)}/sha256sum-amd64.txt`]: text(`${hash("a")}  k3s-armhf\n`),
      },
      v5,
      /has no line for k3s$/,
    ],
    [
      "a page with two hashes",
      {
        ...all,
        [`/k3s/${encodeURIComponent(v5)}/sha256sum-amd64.txt`]: text(
          `${hash("a")}  k3s\n${hash("b")}  k3s\n`,
        ),
      },
      v5,
      /has two different lines for k3s$/,
    ],
    [
      "a release that changed",
      {
        ...all,
        [`/k3s/${encodeURIComponent(v4)}/sha256sum-amd64.txt`]: text(`${hash("a")}  k3s\n`),
      },
      v4,
      /K3s v1\.36\.4\+k3s1 has another sha256 for x86_64 than the lock/,
    ],
  ])("%s", async (_what, answers, to, message) => {
    const { url } = await serve(answers);
    const wish = { to, versions: [], channelsUrl: `${url}/channels` };
    await expect(k3sPin(pinned(url, v4), wish, asking)).rejects.toThrow(message);
  });
});

describe("flotilla pin", () => {
  const digest = `sha256:${sha256(manifest)}`;
  const images = Object.fromEntries(
    ["tunnel", "proxy", "metrics", "node", "agent", "upgrades", "k3s-upgrade"].map((name) => [
      `/v2/${name}/manifests/1`,
      withDigest(manifest),
    ]),
  );

  test("a version of a ring without hashes is refused, and pin adds them and the image", async () => {
    const { url, ...origin } = await serve({ ...all, ...images });
    const host = hostOf({ url, ...origin });
    const { folder, pin, lock } = await project((known) => {
      known.pins.k3s = structuredClone(pinned(url, v4)) as typeof known.pins.k3s;
      for (const name of Object.keys(known.pins.images))
        known.pins.images[name] = `${host}/${name}:1`;
    }, `k3s: { versions: { canary: ${v5}, stable: ${v4} } }`);
    const refused = await flotilla(folder, ["validate"]);
    expect(refused.code).toBe(1);
    expect(refused.err + refused.out).toContain(
      `k3s.versions.canary: the lock has no hashes of ${v5}, which devices need to verify it. Run: flotilla pin --only k3s`,
    );
    const run = await pin("--only", "k3s");
    expect(run.code, run.err).toBe(0);
    expect(run.out).toContain(`K3s ${v4} is already pinned`);
    expect(lock().pins.k3s.version).toBe(v4);
    expect(Object.keys(lock().pins.k3s.upgrades ?? {})).toEqual([v5, v4]);
    expect(await flotilla(folder, ["validate"])).toMatchObject({ code: 0 });
    const node = await pin("--only", "images/node");
    expect(node.out).toBe(`fleet.lock.yaml: node ${host}/node:1 → ${host}/node:1@${digest}\n`);
    const synth = await flotilla(folder, ["synth"]);
    expect(synth.code, synth.err).toBe(0);
  });

  test("one failure: all of them are reported, and nothing is written", async () => {
    const { url, ...origin } = await serve({
      ...images,
      "/v2/proxy/manifests/1": text("x"),
      "/v2/agent/manifests/1": status(404),
    });
    const host = hostOf({ url, ...origin });
    const { pin, text: lockText } = await project((known) => {
      for (const name of Object.keys(known.pins.images))
        known.pins.images[name] = `${host}/${name}:1`;
    });
    const before = lockText();
    const run = await pin("--only", "images");
    expect(run).toMatchObject({ code: 1, out: "" });
    expect(run.err).toContain("proxy/manifests/1: the manifest of an image is not valid JSON\n");
    expect(run.err).toContain("agent:1: the registry has no such image");
    expect(run.err).toContain("The lock is not changed.\n");
    expect(lockText()).toBe(before);
  });

  test.each([
    [["--only", "k8s"], "Expected k3s, coreos, charts or images"],
    [["--only", "k3s/x"], "Expected k3s, coreos, charts or images"],
    [
      ["--only", "images", "--to", "2"],
      "--to is the version of one pin. Name it: --only images/NAME",
    ],
    [["--to", "2"], "--to is the version of one pin. Name it: --only k3s"],
  ])("%j is refused", async (args, message) => {
    const { pin } = await project(() => {});
    const run = await pin(...args);
    expect(run.code).toBe(2);
    expect(run.err).toContain(message);
  });

  test.each([
    ["k3s", "../../v1.36.5+k3s1", "is not a valid K3s release"],
    ["coreos", "44/../45", "is not a valid release of Fedora CoreOS"],
    ["images/node", "1/../../x", "is not a valid tag of an image"],
    ["images/node", "1@sha256:0", "is not a valid tag of an image"],
  ])("--only %s --to %s is refused", async (kind, version, message) => {
    const { pin, text: lockText } = await project(() => {});
    const before = lockText();
    const run = await pin("--only", kind, "--to", version);
    expect(run.code).toBe(1);
    expect(run.err).toContain(message);
    expect(lockText()).toBe(before);
  });

  test("a name that the lock does not have is refused", async () => {
    const { pin } = await project(() => {});
    const run = await pin("--only", "images/nodes");
    expect(run).toMatchObject({ code: 1 });
    expect(run.err).toContain('the lock has no image "nodes". It has: ');
  });
});
