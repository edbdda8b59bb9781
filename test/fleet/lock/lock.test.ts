import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { knownRange, parseAddress } from "../../../fleet/model/addresses.ts";
import {
  allocate,
  emptyLock,
  formatLock,
  parseLock,
  pruned,
  type Lock,
} from "../../../fleet/lock/lock.ts";
import { formatMistake, InputError } from "../../../fleet/grammar/mistakes.ts";

const range = "100.64.0.0/24";
const fresh = emptyLock("harbor", range);

function given(lock: Lock, names: readonly string[]): Lock {
  const next = allocate(lock, names);
  if (!("tunnel" in next)) throw new Error("the tunnel is full");
  return next;
}

const names = fc.uniqueArray(
  fc.integer({ min: 0, max: 60 }).map((n) => `d-${n}`),
  { maxLength: 40 },
);

describe("allocation", () => {
  test("starts behind the gateway and follows the order of the names", () => {
    expect(given(fresh, ["b", "a"]).tunnel.addresses).toEqual({
      b: "100.64.0.2",
      a: "100.64.0.3",
    });
  });

  test("over any history, no one's address changes and no two share one", () => {
    fc.assert(
      fc.property(fc.array(names, { maxLength: 6 }), (history) => {
        const first = new Map<string, string>();
        const holders = new Map<string, string>();
        let lock = fresh;
        for (const present of history) {
          lock = given(lock, present);
          expect(Object.keys(lock.tunnel.addresses).toSorted()).toEqual(present.toSorted());
          for (const [name, address] of Object.entries(lock.tunnel.addresses)) {
            expect(first.get(name) ?? address).toBe(address);
            expect(holders.get(address) ?? name).toBe(name);
            first.set(name, address);
            holders.set(address, name);
          }
        }
      }),
    );
  });

  test("addresses are hosts of the range, and none is the gateway's", () => {
    const { addresses } = given(
      fresh,
      Array.from({ length: 253 }, (_, index) => `d-${index}`),
    ).tunnel;
    const { first, last } = knownRange(range);
    for (const address of Object.values(addresses)) {
      const number = parseAddress(address) ?? 0;
      expect(number > first + 1 && number < last).toBe(true);
    }
  });

  test("a full tunnel says how much it holds", () => {
    const wanted = Array.from({ length: 254 }, (_, index) => `d-${index}`);
    expect(allocate(fresh, wanted)).toEqual({ capacity: 253, wanted: 254 });
  });

  test("an address is given again only after pruning", () => {
    const without = given(given(fresh, ["a", "b"]), ["b"]);
    expect(given(without, ["b", "c"]).tunnel.addresses["c"]).toBe("100.64.0.4");
    expect(given(pruned(without), ["b", "c"]).tunnel.addresses["c"]).toBe("100.64.0.2");
  });

  test("a device that returns gets its address back", () => {
    const gone = given(given(fresh, ["a", "b"]), ["b"]);
    expect(gone.tunnel.retired).toEqual({ a: "100.64.0.2" });
    const back = given(gone, ["b", "a"]);
    expect(back.tunnel).toMatchObject({ addresses: { a: "100.64.0.2" }, retired: {} });
  });
});

describe("the file", () => {
  test("says the same after reading and writing", () => {
    fc.assert(
      fc.property(names, names, (before, after) => {
        const lock = { ...given(given(fresh, before), after), keyId: "0123456789abcdef" };
        const text = formatLock(lock);
        expect(parseLock("fleet.lock.yaml", text, "harbor", range)).toEqual(lock);
      }),
    );
  });

  test.each(["4e12345678901234", "1234567812345678", "0e99999999999999", "00000000000000e1"])(
    "says the same for the key %s and a device of that name, which look like numbers",
    (keyId) => {
      const lock = { ...given(fresh, [keyId, "4e999"]), keyId };
      expect(parseLock("fleet.lock.yaml", formatLock(lock), "harbor", range)).toEqual(lock);
    },
  );

  test("keeps the chart of an add-on that this command does not know", () => {
    const own = { repository: "https://charts.harbor.example", version: "1.0.0" };
    const charts = { ...fresh.pins.charts, valkey: own };
    const lock = { ...fresh, pins: { ...fresh.pins, charts } };
    const read = parseLock("fleet.lock.yaml", formatLock(lock), "harbor", range);
    expect(read.pins.charts).toEqual(charts);
  });

  test("one more device is one more line", () => {
    const before = formatLock(given(fresh, ["a", "c"])).split("\n");
    const after = formatLock(given(fresh, ["a", "c", "b"])).split("\n");
    expect(after.filter((line) => !before.includes(line))).toEqual(["    b: 100.64.0.4"]);
  });

  const text = formatLock(given(fresh, ["a", "b"]));
  const lineOf = (start: string) =>
    text.split("\n").findIndex((line) => line.startsWith(start)) + 1;
  const restore =
    "fleet.lock.yaml: Restore the last good version from Git: git checkout fleet.lock.yaml";

  test.each<[string, string, string[]]>([
    [
      "of another fleet",
      text.replace("fleet: harbor", "fleet: pine"),
      [
        `fleet.lock.yaml:3:8: fleet: this lock belongs to the fleet "pine", and the name in the fleet file is "harbor". A fleet cannot be renamed: its keys and names are derived from its name. Write the old name, or delete the lock for a new fleet.`,
      ],
    ],
    [
      "of another range",
      text.replaceAll("100.64.0.", "100.65.0."),
      [
        `fleet.lock.yaml:${lineOf("  range:")}:10: tunnel.range: tunnel addresses were allocated from 100.65.0.0/24, and the range in the fleet file is 100.64.0.0/24. With another range every device gets another address and needs a new image. Write the old range, or delete the lock to start again.`,
      ],
    ],
    [
      "with one address twice",
      text.replace("b: 100.64.0.3", "b: 100.64.0.2"),
      [
        `fleet.lock.yaml:${lineOf("    b:")}:8: tunnel.addresses.b: 100.64.0.2 is already used by a. Delete the line of the device that has no image yet: the next synth allocates an address.`,
      ],
    ],
    [
      "with an address from elsewhere",
      text.replace("b: 100.64.0.3", "b: 10.0.0.3"),
      [
        `fleet.lock.yaml:${lineOf("    b:")}:8: tunnel.addresses.b: "10.0.0.3" is not an address of 100.64.0.0/24. Delete the line: the next synth allocates an address.`,
      ],
    ],
    [
      "with a gateway's address",
      text.replace("b: 100.64.0.3", "b: 100.64.0.1"),
      [
        `fleet.lock.yaml:${lineOf("    b:")}:8: tunnel.addresses.b: 100.64.0.1 is the address of a gateway. Delete the line: the next synth allocates an address.`,
      ],
    ],
    [
      "cut off",
      text.slice(0, text.indexOf("\ntunnel:") + 1),
      [`fleet.lock.yaml:2:1: "tunnel" is missing. Write it here.`, restore],
    ],
    [
      "with a damaged hash",
      text.replace("835873", "83587"),
      [
        "fleet.lock.yaml:10:17: pins.k3s.binary.x86_64.sha256: this is not a valid SHA-256. Write 64 lower-case hexadecimal digits.",
        restore,
      ],
    ],
    [
      "of a later Flotilla",
      text.replace("lock: 1", "lock: 2"),
      [
        "fleet.lock.yaml:2:7: lock: this lock was written by a newer version of Flotilla. Update Flotilla.",
      ],
    ],
    [
      "in a merge conflict",
      text.replace("    b: 100", "<<<<<<< ours\n    b: 100"),
      [
        `fleet.lock.yaml:${lineOf("    b:")}:1: this file has Git conflict markers. Resolve the conflict first.`,
        "fleet.lock.yaml: After a merge, run: git checkout --theirs fleet.lock.yaml. Then run flotilla synth, which allocates missing addresses.",
      ],
    ],
    ["empty", "", ["fleet.lock.yaml:1:1: this file is empty. Write a mapping.", restore]],
  ])("a lock %s is refused", (_what, damaged, messages) => {
    expect(damaged).not.toBe(text);
    try {
      parseLock("fleet.lock.yaml", damaged, "harbor", range);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      expect((error as InputError).mistakes.map(formatMistake)).toEqual(messages);
    }
  });
});
