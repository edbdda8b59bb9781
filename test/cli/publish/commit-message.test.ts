import { expect, test } from "vitest";
import { commitMessage, type Changes } from "../../../cli/publish/commit-message.ts";

const device = (name: string) => `hub/fleet/clusters/${name}.yaml`;
const devices = (count: number) =>
  Array.from({ length: count }, (_, index) => device(`store-${String(index).padStart(4, "0")}`));

function message(changes: Partial<Changes>): string {
  return commitMessage({ added: [], changed: [], removed: [], ...changes });
}

test.each<[Partial<Changes>, string]>([
  [
    { added: [device("store-0201")], changed: ["hub/gateway/gateway-peers.yaml"] },
    "Add device store-0201\n\nAdd device: store-0201\nChange file: hub/gateway/gateway-peers.yaml\n",
  ],
  [
    { changed: ["edge/telemetry/canary/daemonset.yaml", "edge/telemetry/early/daemonset.yaml"] },
    "Change 2 rollouts\n\nChange rollouts (2): telemetry in canary, telemetry in early\n",
  ],
  [
    { added: ["edge/telemetry/canary/b.yaml"], removed: ["edge/telemetry/canary/a.yaml"] },
    "Change rollout telemetry in canary\n\nChange rollout: telemetry in canary\n",
  ],
  [
    { changed: ["hub/argocd/values.yaml"] },
    "Change file hub/argocd/values.yaml\n\nChange file: hub/argocd/values.yaml\n",
  ],
  [{ removed: [device("b"), device("a")] }, "Remove 2 devices\n\nRemove devices (2): a, b\n"],
  [{}, "Rewrite the list of Flotilla's files\n\n"],
])("%j", (changes, expected) => {
  expect(message(changes)).toBe(expected);
});

test("the subject falls back to counts where names are too long, and stays within 72", () => {
  const names = ["a", "b", "c"].map((letter) => device(letter.repeat(50)));
  const [a = "", b = "", c = ""] = names;
  const [subject] = message({ added: [a], changed: [b], removed: [c] }).split("\n");
  expect(subject).toBe("Add 1 device, change 1 device, remove 1 device");
});

test("no line of a message about 1,000 devices is too long, nor is the message", () => {
  const text = message({ added: devices(1000) });
  const lines = text.split("\n");
  expect(lines[0]).toBe("Add 1000 devices");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(72);
  expect(text).toMatch(/ store-0098,\s+store-0099\s+and 900 more\n$/);
  expect(lines.length).toBeLessThan(30);
});
