/** The watch over a fleet, and the metrics that it reads. */
import { describe, expect, test } from "vitest";
import { OperationError } from "../../../../fleet/files/operation-error.ts";
import { samplesOf } from "../../../../cli/hub/status/metrics.ts";
import { parseHandshakes } from "../../../../cli/hub/status/sources.ts";
import type { StatusReport } from "../../../../cli/hub/status/status.ts";
import { frame, watch } from "../../../../cli/hub/status/watch.ts";

describe("--watch", () => {
  const report = { summary: {}, devices: [], undeclared: [], problems: [] };

  test("goes on when the hub is away for a while, and ends on request", async () => {
    const stop = new AbortController();
    const drawn: unknown[] = [];
    const answers = [report, new OperationError("gone"), report] as const;
    let round = 0;
    await watch(
      async () => {
        const answer = answers[round++];
        if (answer instanceof OperationError) throw answer;
        return answer as unknown as StatusReport;
      },
      (what) => {
        drawn.push(what);
        if (drawn.length === 3) stop.abort();
      },
      0.001,
      stop.signal,
    );
    expect(drawn).toEqual([...answers]);
  });

  test("fails at once where the first answer does", async () => {
    const failing = () => Promise.reject(new OperationError("no hub"));
    await expect(watch(failing, () => {}, 1)).rejects.toThrow("no hub");
  });

  test("draws from the first line, clears what was there, and keeps the summary in sight", () => {
    expect(frame("a\nbcde\n", 24, 3)).toBe("\u001b[Ha\u001b[K\nbcd\u001b[K\n\u001b[J");
    const tall = Array.from({ length: 50 }, (_, line) => `line ${line}`).join("\n");
    const lines = frame(tall, 10, 80).split("\n");
    expect(lines).toHaveLength(10);
    expect(lines.slice(-5).join()).toContain("… 42 more lines");
    expect(lines.at(-2)).toContain("line 49");
  });
});

describe("metrics", () => {
  test("are read as Prometheus writes them", () => {
    const text = `# HELP m text
m{a="x,y}",b="say \\"hi\\"\\n"} 1.7e+09 1700000000
m_other{a="z"} 3
m 4
`;
    expect(samplesOf(text, "m")).toEqual([
      { labels: { a: "x,y}", b: 'say "hi"\n' }, value: 1.7e9 },
      { labels: {}, value: 4 },
    ]);
  });

  test("a peer may have several addresses", () => {
    const text = 'wireguard_latest_handshake_seconds{allowed_ips="10.0.0.2/32,10.0.0.3/32"} 12\n';
    expect([...parseHandshakes(text)]).toEqual([
      ["10.0.0.2", 12],
      ["10.0.0.3", 12],
    ]);
  });
});
