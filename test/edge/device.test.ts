import { execFileSync } from "node:child_process";
import { Construct } from "constructs";
import { describe, expect, test } from "vitest";
import { EdgeApp } from "../../edge/app.ts";
import { EdgeDevice } from "../../edge/device.ts";
import type { Snippet } from "../../fleet/model/device.ts";
import { peerPath } from "../peers/peers.ts";
import { bareDevice, composed, sampleDevice } from "./devices.ts";

const file = (path: string) => ({ path, mode: 0o644, contents: { inline: path } });
const link = (path: string) => ({ path, target: "x" });
const directory = (path: string) => ({ path, mode: 0o755 });
const unit = (name: string) => ({ name, contents: "" });
const user = (name: string) => ({ name, ssh_authorized_keys: [] });

/** A part that does what the test says. */
class Part extends Construct {
  constructor(scope: Construct, id: string, work: (device: EdgeDevice, part: Part) => void) {
    super(scope, id);
    work(EdgeDevice.of(this), this);
  }
}

const snippet = (text: string): Snippet => ({ text, file: "own.bu", line: 1, column: 1 });
const canBus = `variant: fcos
version: 1.5.0
storage:
  files:
    - path: /etc/modules-load.d/can.conf
      contents: { inline: can_raw }
`;

describe("parts", () => {
  test("are sorted by what they add, whatever their order", () => {
    const one = (device: EdgeDevice, part: Construct) => {
      device.addFile(part, file("/b"));
      device.addFile(part, file("/a"));
      device.addUnit(part, unit("b.service"));
      device.addLink(part, link("/l"));
    };
    const two = (device: EdgeDevice, part: Construct) => {
      device.addFile(part, file("/Z"));
      device.addUnit(part, unit("a.service"));
      device.addUser(part, user("core"));
      device.addDirectory(part, directory("/d"));
    };
    const expected = {
      variant: "fcos",
      version: "1.5.0",
      passwd: { users: [user("core")] },
      storage: {
        directories: [directory("/d")],
        // What an interrupted first boot wrote is replaced.
        files: ["/Z", "/a", "/b"].map((path) => ({ ...file(path), overwrite: true })),
        links: [link("/l")],
      },
      systemd: { units: [unit("a.service"), unit("b.service")] },
    };
    for (const works of [
      [one, two],
      [two, one],
    ]) {
      const device = bareDevice();
      works.forEach((work, index) => new Part(device, `part-${index}`, work));
      expect(device.toConfig()).toEqual(expected);
    }
  });

  test("leave out what none of them adds", () => {
    expect(bareDevice().toConfig()).toEqual({ variant: "fcos", version: "1.5.0" });
  });

  test("find their device from any depth, and only inside one", () => {
    const device = bareDevice();
    const nested = new Part(new Construct(device, "group"), "part", (found, part) =>
      found.addFile(part, file("/a")),
    );
    expect(EdgeDevice.of(nested)).toBe(device);
    expect(device.owners.paths.get("/a")).toBe("group/part");
    expect(() => new Part(new EdgeApp(), "lost", () => {})).toThrow(
      "lost is not part of an EdgeDevice. Create it inside one.",
    );
  });

  test("can be added after the first translation", () => {
    const device = bareDevice();
    expect(device.toIgnition()).not.toContain("/late");
    new Part(device, "late", (found, part) => found.addFile(part, file("/late")));
    expect(device.toIgnition()).toContain("/late");
  });

  test("append kernel arguments to the device's own", () => {
    const device = bareDevice({ kernelArguments: ["a=1"] });
    device.addKernelArguments("b=2", "c");
    expect(device.kernelArguments).toEqual(["a=1", "b=2", "c"]);
  });

  test.each(["a b", "", "-a", "a\nb"])("append no %j as a kernel argument", (argument) => {
    expect(() => bareDevice().addKernelArguments("c", argument)).toThrow(
      `${JSON.stringify(argument)} is not a valid kernel argument.`,
    );
  });

  test("are named with the kernel argument that breaks the device", () => {
    const device = bareDevice();
    new Part(device, "part", (found, part) => found.addKernelArguments(part, "c", "init=/bin/sh"));
    expect(device.kernelArguments).toEqual(["c", "init=/bin/sh"]);
    expect(device.validate()).toEqual([
      expect.stringMatching(/^store-01: store-01\/part: "init=\/bin\/sh" keeps what/),
    ]);
  });

  const refused: [string, (device: EdgeDevice, part: Construct) => void, string][] = [
    ["a path", (d, p) => d.addFile(p, file("no-slash")), 'the path "no-slash": path not absolute'],
    [
      "a path",
      (d, p) => d.addDirectory(p, directory("/a/../b")),
      'the path "/a/../b": path is not fully simplified',
    ],
    ["a path", (d, p) => d.addLink(p, link("")), 'the path "": path not specified'],
    [
      "a user",
      (d, p) => d.addUser(p, user("Bad Name")),
      'the user "Bad Name": this is not a valid user name',
    ],
  ];
  test.each(refused)("add no %s that the system refuses", (_, work, said) => {
    const device = bareDevice();
    expect(() => new Part(device, "part", work)).toThrow(said);
  });

  const below: [string, (device: EdgeDevice, part: Construct) => void][] = [
    ["a file", (d, p) => d.addFile(p, file("/etc/a/b"))],
    ["a link", (d, p) => d.addLink(p, link("/etc/a/b/c"))],
    ["a directory", (d, p) => d.addDirectory(p, directory("/etc/a/b"))],
  ];
  test.each(below)("have no %s below a file", (_, work) => {
    const device = bareDevice();
    new Part(device, "one", work);
    new Part(device, "two", (found, part) => found.addFile(part, file("/etc/a")));
    expect(device.validate()).toEqual([
      expect.stringMatching(
        /^store-01: store-01\/one adds the path \/etc\/a\/b(\/c)? below the file \/etc\/a of store-01\/two\. Write another path\.$/,
      ),
    ]);
  });

  test("are named with what Butane refuses, instead of a number", () => {
    const device = bareDevice();
    new Part(device, "part", (found, part) => {
      const compressed = { ...file("/etc/a"), contents: { inline: "", compression: "xz" } };
      found.addFile(part, compressed);
      found.addUnit(part, { name: "a.service", enabled: true, contents: "[Unit" });
    });
    expect(() => device.toIgnition()).toThrow(
      /^store-01 is not valid Butane:\nstore-01\/part: the path \/etc\/a: contents\.compression: invalid compression method\nstore-01\/part: the unit a\.service: contents: /,
    );
  });

  test("append no kernel argument that breaks the device", () => {
    const device = bareDevice({ kernelArguments: ["systemd.hostname=x"] });
    expect(() => device.toConfig()).toThrow(
      '"systemd.hostname=x" replaces the host name, which must be the name of the device. Delete this.',
    );
    const other = bareDevice();
    other.toConfig();
    other.addKernelArguments("init=/bin/sh");
    expect(() => other.toConfig()).toThrow('"init=/bin/sh" keeps what Flotilla needs');
  });
});

describe("mistakes", () => {
  type Work = (device: EdgeDevice, part: Construct) => void;
  const cases: [string, Work, Work][] = [
    ["path /a", (d, p) => d.addFile(p, file("/a")), (d, p) => d.addFile(p, file("/a"))],
    ["path /a", (d, p) => d.addFile(p, file("/a")), (d, p) => d.addLink(p, link("/a"))],
    ["path /a", (d, p) => d.addDirectory(p, directory("/a")), (d, p) => d.addLink(p, link("/a"))],
    [
      "unit a.service",
      (d, p) => d.addUnit(p, unit("a.service")),
      (d, p) => d.addUnit(p, unit("a.service")),
    ],
    ["user core", (d, p) => d.addUser(p, user("core")), (d, p) => d.addUser(p, user("core"))],
    [
      "installer keyfile a.nmconnection",
      (d, p) => d.addInstallerKeyfile("a.nmconnection", "1", p),
      (d, p) => d.addInstallerKeyfile("a.nmconnection", "2", p),
    ],
    [
      "setting boot_device.luks",
      (d, p) => d.setBootDevice(p, { luks: { tpm2: true } }),
      (d, p) => d.setBootDevice(p, { luks: { tpm2: true } }),
    ],
  ];
  test.each(cases)("two parts that add the same %s", (what, one, two) => {
    const device = bareDevice();
    new Part(device, "k3s", one);
    new Part(device, "my-part", two);
    const mistake = `store-01: store-01/k3s and store-01/my-part both add the ${what}. Remove one of them.`;
    expect(device.validate()).toEqual([mistake]);
    expect(() => device.toIgnition()).toThrow(`store-01 is not valid:\n${mistake}`);
  });

  test("of the device and of each part are reported together", () => {
    const device = new EdgeDevice(new EdgeApp(), "till", {
      name: "Till",
      architecture: "x86_64",
      disk: "/dev/sda",
    });
    new Part(device, "strict", (_, part) =>
      part.node.addValidation({ validate: () => ["it is never satisfied."] }),
    );
    device.requireUnit(device, "a.service", "Part");
    expect(device.validate()).toEqual([
      'till: "Till" is not a DNS label.',
      "till: till needs the unit a.service. Add Part to the device.",
      "till/strict: it is never satisfied.",
    ]);
  });

  test("of a snippet have its own line", () => {
    const device = bareDevice();
    new Part(device, "part", (found, part) => found.addFile(part, file("/etc/a")));
    device.addSnippet(snippet(canBus.replace("/etc/modules-load.d/can.conf", "no-slash")));
    device.addSnippet(snippet(canBus.replace("/etc/modules-load.d/can.conf", "/etc/a")));
    expect(device.validate()).toEqual([
      "store-01: own.bu:5:13: storage.files.0.path: path not absolute",
      expect.stringContaining(
        'own.bu:5:13: storage.files.0.path: /etc/a belongs to Flotilla\'s part "part"',
      ),
    ]);
  });
});

const butane = peerPath("butane-0.29.0");

describe("the configuration", () => {
  /** store-01 with an encrypted disk and Butane of the operator's own. */
  function rich(): EdgeDevice {
    const device = sampleDevice("store-01");
    const profile = { ...device.profile, encryption: "tpm2" as const };
    return composed({ ...device, profile, snippets: [snippet(canBus)] });
  }

  test("has the operator's Butane as Ignition that Ignition merges", () => {
    const { ignition, boot_device } = rich().toConfig();
    expect(boot_device).toEqual({ luks: { tpm2: true } });
    expect(ignition?.config?.merge.map(({ inline }) => JSON.parse(inline))).toEqual([
      {
        ignition: { version: "3.4.0" },
        storage: {
          files: [
            {
              path: "/etc/modules-load.d/can.conf",
              contents: { compression: "", source: "data:,can_raw" },
              overwrite: true,
            },
          ],
        },
      },
    ]);
  });

  test("an operator's own answer to whether a file is replaced stays", () => {
    const device = bareDevice();
    const files = ["overwrite: false", "overwrite: true", "mode: 0644"].map(
      (line, index) => `    - path: /etc/own-${index}\n      ${line}\n`,
    );
    const text = `variant: fcos\nversion: 1.5.0\nstorage:\n  files:\n${files
      .map((each) => `${each}      contents: { inline: own }\n`)
      .join("")}    - path: /etc/hosts\n      append: [{ inline: own }]\n`;
    device.addSnippet({ file: "own.bu", line: 1, column: 1, text });
    const [merged] = device.toConfig().ignition?.config?.merge ?? [];
    const { storage } = JSON.parse(merged?.inline ?? "") as {
      readonly storage: { readonly files: readonly { readonly overwrite?: boolean }[] };
    };
    expect(storage.files.map(({ overwrite }) => overwrite)).toEqual([false, true, true, undefined]);
  });

  test.skipIf(butane === undefined)("is valid for butane 0.29.0, strictly (needs it)", () => {
    const input = rich().toButane();
    const output = execFileSync(butane ?? "", ["--strict"], { input, encoding: "utf8" });
    const { ignition, storage } = JSON.parse(output);
    expect(ignition.config.merge).toHaveLength(1);
    expect(storage.luks).toMatchObject([{ name: "root", clevis: { tpm2: true } }]);
  });
});
