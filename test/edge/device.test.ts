import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { deviceConfig } from "../../edge/device.ts";
import { butaneText } from "../../edge/butane/text.ts";
import type { DeviceContext } from "../../edge/parts/part.ts";
import { peerPath } from "../peers/peers.ts";
import { context } from "./parts/context.ts";

const butane = peerPath("butane-0.29.0");

const snippet = {
  text: `variant: fcos
version: 1.5.0
storage:
  files:
    - path: /etc/modules-load.d/can.conf
      contents: { inline: can_raw }
`,
  file: "fleet.yaml",
  line: 1,
  column: 1,
};

/** store-01 with an encrypted disk and Butane of the operator's own. */
function richContext(): DeviceContext {
  const { device, ...rest } = context("store-01");
  const profile = { ...device.profile, encryption: "tpm2" as const };
  return { ...rest, device: { ...device, profile, snippets: [snippet] } };
}

describe("a device's configuration", () => {
  it("has the operator's Butane as Ignition that Ignition merges", () => {
    const { ignition, boot_device } = deviceConfig(richContext());
    expect(boot_device).toEqual({ luks: { tpm2: true } });
    expect(ignition?.config.merge.map(({ inline }) => JSON.parse(inline))).toEqual([
      {
        ignition: { version: "3.4.0" },
        storage: {
          files: [
            {
              path: "/etc/modules-load.d/can.conf",
              contents: { compression: "", source: "data:,can_raw" },
            },
          ],
        },
      },
    ]);
  });

  it("has neither where nobody asked", () => {
    expect(Object.keys(deviceConfig(context("store-01")))).toEqual([
      "variant",
      "version",
      "passwd",
      "storage",
      "systemd",
    ]);
  });

  it.skipIf(butane === undefined)("is what butane 0.29.0 takes strictly (needs it)", () => {
    const input = butaneText(deviceConfig(richContext()), "test");
    const output = execFileSync(butane ?? "", ["--strict"], { input, encoding: "utf8" });
    const { ignition, storage } = JSON.parse(output);
    expect(ignition.config.merge).toHaveLength(1);
    expect(storage.luks).toMatchObject([{ name: "root", clevis: { tpm2: true } }]);
  });
});
