/** Series of a device: whose they are, which are taken, and what hostile bytes come to. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Refusal } from "../../../../gitops/programs/collector/refusal.ts";
import { ownSeries } from "../../../../gitops/programs/collector/remote-write.ts";
import { monitors } from "../../../../gitops/monitoring/monitors.ts";
import { readRequest, writeRequest } from "../../telemetry/telemetry-hub.ts";

const origin = { device: "till-01", site: "boston", ring: "canary" };
const own = (content: Uint8Array, allows = (_labels: string) => true) => {
  const { message, ...counts } = ownSeries(content, origin, allows);
  return { ...counts, series: readRequest(Buffer.from(message)) };
};

test("a series gets the labels of its device, in the order of their names", () => {
  const lie = { __name__: "node_load1", zone: "z", device: "till-02", a: "ü" };
  const { series, count } = own(writeRequest([lie]));
  expect(count).toBe(1);
  expect(series.map(({ labels }) => Object.entries(labels))).toEqual([
    [
      ["__name__", "node_load1"],
      ["a", "ü"],
      ["device", "till-01"],
      ["exported_device", "till-02"],
      ["ring", "canary"],
      ["site", "boston"],
      ["zone", "z"],
    ],
  ]);
  expect(series[0]?.samples).toHaveLength(1);
});

test("series that differ in a label of the hub's stay apart: the network interfaces of a device", () => {
  const interfaces = ["lo", "enp1s0", "wg-hub"];
  const request = interfaces.map((device) => ({
    __name__: "node_network_receive_bytes_total",
    device,
  }));
  const { series } = own(writeRequest(request));
  expect(series.map(({ labels }) => labels["exported_device"])).toEqual(interfaces);
  expect(new Set(series.map(({ labels }) => labels["device"]))).toEqual(new Set(["till-01"]));
});

test("no series of a device has a label that Prometheus gives the hub's own", () => {
  const [gateway] = monitors.filter(({ name }) => name === "gateway");
  const hub = {
    namespace: gateway?.namespace ?? "",
    pod: "gateway-6f7b-x",
    container: "metrics",
    endpoint: "metrics",
    service: "node-exporter",
    job: "node-exporter",
    instance: "node-1",
    node: "node-1",
    cluster: "hub",
  };
  const { series } = own(writeRequest([{ __name__: "node_textfile_mtime_seconds", ...hub }]));
  expect(series).toHaveLength(1);
  const { labels = {} } = series[0] ?? {};
  for (const [name, value] of Object.entries(hub)) {
    expect([labels[name], labels[`exported_${name}`]]).toEqual([undefined, value]);
  }
});

test("others than node_exporter's, and those that are too many, are counted and left out", () => {
  const names = ["node_load1", "up", "node_", "node_x y", "node_load5"];
  const request = writeRequest(names.map((__name__) => ({ __name__ })));
  const { count, refused, series } = own(request, (labels) => !labels.includes("node_load5"));
  expect({ count, refused }).toEqual({ count: 1, refused: 4 });
  expect(series.map(({ labels }) => labels["__name__"])).toEqual(["node_load1"]);
});

test("a series with a label that is not one of Prometheus is left out", () => {
  const names = ["a\nb", "1", "", "ü", "a-b", "a b"];
  const request = writeRequest(names.map((name) => ({ __name__: "node_x", [name]: "v" })));
  expect(own(request)).toEqual({ count: 0, refused: 6, series: [] });
});

test("more labels than can be written in little memory are refused", () => {
  const labels = Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`l${index}`, ""]));
  const request = (count: number) =>
    writeRequest(Array.from({ length: count }, () => ({ __name__: "node_x", ...labels })));
  expect(own(request(1500)).count).toBe(1500);
  expect(() => own(request(2000))).toThrow("too many labels and samples");
});

test("a value of a label is cut off after 1,024 characters", () => {
  const { series } = own(writeRequest([{ __name__: "node_x", long: "x".repeat(5000) }]));
  expect(series[0]?.labels["long"]).toBe("x".repeat(1024));
});

/** A sample's value, and the bytes behind it, which are its time. */
const valueOf = (sample: Buffer | undefined) => [sample?.readDoubleLE(1), sample?.subarray(9)];

test("the day of a release is a series of its own, at the times of the device", () => {
  const info = { __name__: "node_os_info", id: "fedora", version: "44.20260707.3.1 (CoreOS)" };
  const { series: found, count } = own(
    writeRequest([info, { ...info, version: "44.20260101.3.1" }]),
  );
  expect(count).toBe(2);
  const names = found.map(({ labels }) => labels["__name__"]);
  expect(names).toEqual(["node_os_info", "fleet_coreos_release_timestamp_seconds", "node_os_info"]);
  expect(found[1]?.labels).toEqual({
    ...origin,
    __name__: "fleet_coreos_release_timestamp_seconds",
  });
  const [value, time] = valueOf(found[1]?.samples[0]);
  expect(value).toBe(Date.UTC(2026, 6, 7) / 1000);
  expect(time).toEqual(valueOf(found[0]?.samples[0])[1]);
});

test.each(["12 (bookworm)", "", "44.20261399.3.1"])(
  "a version that is not a release: %j",
  (version) => {
    expect(own(writeRequest([{ __name__: "node_os_info", version }])).count).toBe(1);
  },
);

test("a device cannot send the day of a release itself", () => {
  const lie = { __name__: "fleet_coreos_release_timestamp_seconds" };
  expect(own(writeRequest([lie]))).toMatchObject({ count: 0, refused: 1 });
});

const series = (...fields: number[]) => Buffer.from([0x0a, fields.length, ...fields]);

test.each([
  ["a length beyond the message", Buffer.from([0x0a, 0x7f])],
  ["a series whose label is cut off", series(0x0a, 5, 0x0a, 9)],
  ["a group", Buffer.from([0x0b, 0x0c])],
  ["a group in a series", series(0x0b, 0x0c)],
  ["a field without a number", Buffer.from([0x02, 0])],
  ["a key of eleven bytes", Buffer.alloc(11, 0xff)],
  ["a value without an end", Buffer.from([0x08, 0xff, 0xff])],
  ["50,001 series", Buffer.alloc(100_002, Buffer.from([0x0a, 0]))],
  ["a series of 101 fields", series(...Array.from({ length: 101 }, () => [0x12, 0]).flat())],
  ["a label of three fields", series(0x0a, 6, 0x0a, 0, 0x12, 0, 0x0a, 0)],
])("%s is refused for good", (_, content) => {
  expect(() => own(content)).toThrow(Refusal);
});

test("fields that nobody knows are passed over", () => {
  const request = writeRequest([{ __name__: "node_load1" }]);
  const unknown = Buffer.from([0x18, 0x80, 0x01, 0x25, 1, 2, 3, 4, 0x29, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(own(Buffer.concat([unknown, request, unknown])).count).toBe(1);
});

test("whatever the bytes are, they end with series or a refusal", () => {
  const valid = writeRequest([{ __name__: "node_load1", cpu: "0" }]);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(valid.length), (random, at) => {
      for (const content of [random, Buffer.concat([valid.subarray(0, at), random])]) {
        try {
          own(content);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }
    }),
    { numRuns: 2000, seed: 12 },
  );
});
