/** A download that is not what was pinned or signed. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { fetchIso } from "../../../../cli/media/download/iso-download.ts";
import {
  contents,
  expiredKey,
  fetchFrom,
  iso,
  isoVisits,
  trustedKey,
  name,
  other,
  otherSignature,
  place,
  serveIso,
  sha256,
  signature,
  signedOn,
  strangersSignature,
} from "./download-fixture.ts";
import { file, status } from "./loopback.ts";
import { temporaryFolder } from "../../temporary.ts";

describe("what came is not what was pinned or signed", () => {
  test("wrong bytes are removed", async () => {
    const cache = temporaryFolder();
    const origin = await serveIso(file(other));
    const { error } = await fetchFrom(origin.url + place, cache);
    const found = createHash("sha256").update(other).digest("hex");
    expect(error).toBe(
      `${origin.url}${place}: these are not the pinned bytes; removed\n` +
        `  pinned sha256  ${sha256}\n` +
        `  found          ${found} (293 KiB)\n` +
        "They were changed on the way from Fedora, or the lock is wrong (flotilla pin writes it again)",
    );
    expect(isoVisits(origin)).toHaveLength(1);
    expect(contents(cache)).toEqual([`${name}.sig`]);
  });

  test("the signature of another file: removed", async () => {
    const cache = temporaryFolder();
    const origin = await serveIso(file(iso), file(otherSignature));
    const { error } = await fetchFrom(origin.url + place, cache);
    expect(error).toBe(
      `${origin.url}${place}.sig: the signature does not fit the file (Signed digest did not match)`,
    );
    expect(contents(cache)).toEqual([]);
  });

  test.each([
    [43, "2026-07-08", "signed by the key of Fedora 99, which Fedora 44 has superseded"],
    [44, "2026-07-01", "signed on 2026-07-01, before the release that its name says"],
    [44, "2026-07-08", undefined],
    [45, "2026-07-08", undefined],
  ])("the key of Fedora %i, on %s", async (release, day, refusal) => {
    const cache = temporaryFolder();
    const origin = await serveIso(file(iso), file(await signedOn(day)));
    const key = { ...trustedKey, release };
    const { error, path } = await fetchFrom(origin.url + place, cache, 5_000, key);
    if (refusal === undefined) expect(error).toBeUndefined();
    else expect(error).toContain(refusal);
    expect(path === undefined).toBe(refusal !== undefined);
    expect(isoVisits(origin)).toHaveLength(refusal === undefined ? 1 : 0);
  });

  test("a key that had expired when it signed", async () => {
    const cache = temporaryFolder();
    const origin = await serveIso(file(iso));
    const { error } = await fetchFrom(origin.url + place, cache, 5_000, await expiredKey());
    expect(error).toMatch(/the signature does not fit the file \(.*expired/);
    expect(contents(cache)).toEqual([]);
  });

  test("a signature whose number was changed: removed", async () => {
    const cache = temporaryFolder();
    const changed = Buffer.from(signature);
    changed.writeUInt8((changed.at(-1) ?? 0) ^ 1, changed.length - 1);
    const origin = await serveIso(file(iso), file(changed));
    const { error } = await fetchFrom(origin.url + place, cache);
    expect(error).toContain("the signature does not fit the file (Signature verification failed)");
    expect(contents(cache)).toEqual([]);
  });

  test.each([
    [
      "a stranger's signature",
      () => strangersSignature,
      /signed by the key [0-9A-F]{16}, which Flotilla does not trust \(Fedora 99\)/,
    ],
    [
      "no signature at all",
      () => Buffer.from("<html>Hello</html>"),
      /\.sig: this is not a valid OpenPGP signature$/,
    ],
    [
      "an empty one",
      () => Buffer.alloc(0),
      /\.sig: (this is not a valid OpenPGP signature|signed by the key of nobody)/,
    ],
    [
      "a very long one",
      () => Buffer.alloc(100_000),
      /\.sig: longer than 65536 bytes, which is not expected$/,
    ],
  ])("%s: not a byte of the ISO is asked for", async (_what, bytes, message) => {
    const origin = await serveIso(file(iso), file(bytes()));
    const { error } = await fetchFrom(origin.url + place, temporaryFolder());
    expect(error).toMatch(message);
    expect(isoVisits(origin)).toEqual([]);
  });

  test("a missing signature: not a byte of the ISO is asked for", async () => {
    const origin = await serveIso(file(iso), status(404));
    const { error } = await fetchFrom(origin.url + place, temporaryFolder());
    expect(error).toContain(
      `${origin.url}${place}.sig: the signature is missing, so this ISO cannot be verified as Fedora's`,
    );
    expect(isoVisits(origin)).toEqual([]);
  });

  test("a key whose file was exchanged is a defect, not a signature", async () => {
    const origin = await serveIso(file(iso));
    const options = {
      folder: temporaryFolder(),
      keys: [{ ...trustedKey, fingerprint: "0".repeat(40) }],
      patience: { silenceMilliseconds: 300, retryDelaysMilliseconds: [] },
      session: { progress() {} },
    };
    await expect(fetchIso({ url: origin.url + place, sha256 }, options)).rejects.toThrow(
      "the key of Fedora 99 has another fingerprint than 0000",
    );
  });
});
