import { describe, expect, it } from "vitest";
import { composeConfig } from "../../edge/compose.ts";

const file = (path: string) => ({ path, mode: 0o644, contents: { inline: path } });
const link = (path: string) => ({ path, target: "x" });
const unit = (name: string) => ({ name, contents: "" });
const user = (name: string) => ({ name, ssh_authorized_keys: [] });

describe("composing parts", () => {
  it("orders everything by its name, whatever the order of the parts", () => {
    const one = { files: [file("/b"), file("/a")], units: [unit("b.service")] };
    const two = { files: [file("/Z")], units: [unit("a.service")], users: [user("core")] };
    const expected = {
      variant: "fcos",
      version: "1.5.0",
      passwd: { users: [user("core")] },
      storage: { files: [file("/Z"), file("/a"), file("/b")] },
      systemd: { units: [unit("a.service"), unit("b.service")] },
    };
    const parts: [string, typeof one | typeof two][] = [
      ["one", one],
      ["two", two],
    ];
    expect(composeConfig("1.5.0", new Map(parts))).toEqual(expected);
    expect(composeConfig("1.5.0", new Map(parts.toReversed()))).toEqual(expected);
  });

  it("leaves out what no part has", () => {
    expect(composeConfig("1.5.0", new Map())).toEqual({ variant: "fcos", version: "1.5.0" });
  });

  it.each([
    [{ files: [file("/a")] }, { files: [file("/a")] }, "path /a"],
    [{ files: [file("/a")] }, { links: [link("/a")] }, "path /a"],
    [{ units: [unit("a.service")] }, { units: [unit("a.service")] }, "unit a.service"],
    [{ users: [user("core")] }, { users: [user("core")] }, "user core"],
  ])("refuses two parts that write the same: %#", (one, two, what) => {
    const parts = new Map([
      ["one", one],
      ["two", two],
    ]);
    expect(() => composeConfig("1.5.0", parts)).toThrow(`one and two both write ${what}`);
  });
});
