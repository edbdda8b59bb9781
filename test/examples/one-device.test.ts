/** The example runs as its comment says, and the image that it makes installs its device. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { memorySource } from "../../edge/formats/bytes.ts";
import { translateText } from "../../edge/butane/translate.ts";
import { embeddedInstall } from "../../edge/installer/embedded-install.ts";
import { openImage } from "../../edge/iso/image.ts";
import { peerPath, sharedPath } from "../peers/peers.ts";

const root = join(import.meta.dirname, "..", "..");
const fixtures = sharedPath("fixtures/iso");
const installer = peerPath("coreos-installer-0.27.0");
const folder = mkdtempSync(join(tmpdir(), "one-device-"));
afterAll(() => rmSync(folder, { recursive: true }));

const title = "from %s (skipped without the shared ISO skeletons)";
test.skipIf(fixtures === undefined).each([
  ["embed-areas-2023-07.x86_64.iso.gz", "installer.d"],
  ["embed-areas-2020-09.iso.gz", "nested"],
])(title, (skeleton, method) => {
  const base = gunzipSync(readFileSync(join(fixtures ?? "", skeleton)));
  const [iso, output] = [join(folder, "live.iso"), join(folder, "kiosk.iso")];
  writeFileSync(iso, base);
  const args = ["--import", "tsx", "examples/one-device.ts", iso, output];
  const butane = execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  expect(butane).toContain("# kiosk, written by flotilla\n");

  const found = embeddedInstall(openImage(output, memorySource(readFileSync(output))));
  expect(found?.method).toBe(method);
  const { ignition, report } = translateText(butane);
  expect(report).toEqual([]);
  expect(Buffer.from(found?.device ?? []).toString()).toBe(ignition);
  const { passwd, storage } = JSON.parse(ignition ?? "");
  expect(passwd.users[0].name).toBe("core");
  expect(storage.files.map(({ path }: { path: string }) => path)).toEqual([
    "/etc/hostname",
    "/etc/motd.d/greeting",
  ]);

  if (installer === undefined) return;
  const shown = execFileSync(installer, ["iso", "ignition", "show", output]);
  expect(shown.equals(found?.ignition ?? Buffer.of())).toBe(true);
});
