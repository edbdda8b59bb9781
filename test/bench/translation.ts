/**
 * Butane → Ignition beside the real thing: 1,000 configurations of 15 files and 6 units, 110 KB each,
 * no two of which share a file.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { translateText } from "../../edge/butane/translate.ts";
import { peerPath } from "../peers/peers.ts";
import { childSeconds } from "./measure.ts";
import { goal, row } from "./row.ts";

const words =
  "apiVersion kind metadata name namespace labels spec replicas selector template containers image " +
  "resources requests limits memory cpu volumeMounts mountPath readinessProbe httpGet port scheme";

/** A linear congruential generator: text that compresses like configuration, the same every run. */
function* numbers(seed: number): Generator<number> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    yield state >>> 8;
  }
}

function fileText(seed: number, lengthMin: number): string {
  const list = words.split(" ");
  const random = numbers(seed);
  const next = () => random.next().value as number;
  let text = "";
  while (text.length < lengthMin) {
    const indent = "  ".repeat(next() % 5);
    text += `        ${indent}${list[next() % list.length]}: ${list[next() % list.length]}-${next() % 9_999}\n`;
  }
  return text;
}

export function largeConfig(device: number): string {
  const files = Array.from(
    { length: 15 },
    (_, index) => `    - path: /etc/flotilla/file-${index}.yaml
      mode: 0644
      contents:
        inline: |
          # device ${device}
${fileText(device * 31 + index, 7_000)
  .replaceAll(/^/gm, "  ")
  .trimEnd()}
`,
  );
  const units = Array.from(
    { length: 6 },
    (_, index) => `    - name: flotilla-${index}.service
      enabled: true
      contents: |
        [Unit]
        Description=Unit ${index} of device ${device}
        [Service]
        ExecStart=/usr/bin/true
        [Install]
        WantedBy=multi-user.target
`,
  );
  return `variant: fcos\nversion: 1.5.0\nstorage:\n  files:\n${files.join("")}systemd:\n  units:\n${units.join("")}`;
}

export function translation(): void {
  const count = 1_000;
  const configs = Array.from({ length: count }, (_, device) => largeConfig(device));
  const before = process.cpuUsage();
  for (const config of configs) {
    if (translateText(config).ignition === undefined) throw new Error("a config was refused");
  }
  const { user, system } = process.cpuUsage(before);
  const ours = (user + system) / 1e3 / count;
  const size = Math.round((configs[0] ?? "").length / 1024);
  row(`Butane → Ignition, ${count} configs of ${size} KB, one process`, {
    CPU: `${ours.toFixed(2)} ms each`,
  });

  const folder = mkdtempSync(join(tmpdir(), "flotilla-bench-"));
  try {
    againstLibrary(folder, configs, ours);
    againstCommand(folder, configs, ours);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function againstLibrary(folder: string, configs: readonly string[], ours: number): void {
  const library = peerPath("butane-library-0.29.0");
  if (library === undefined) return console.log("  SKIPPED: butane's library is not built");
  const file = join(folder, "configs");
  writeFileSync(file, configs.join("\0"));
  const seconds = Number(execFileSync(library, [file], { encoding: "utf8" }));
  const theirs = (seconds * 1e3) / configs.length;
  row("  the real library, one process", {
    CPU: `${theirs.toFixed(2)} ms each: ours takes ${(ours / theirs).toFixed(2)} of it`,
  });
  goal("Butane → Ignition, CPU by that of butane's library", ours / theirs, {
    most: 0.25,
    unit: "",
  });
}

function againstCommand(folder: string, configs: readonly string[], ours: number): void {
  const butane = peerPath("butane-0.29.0");
  if (butane === undefined) return console.log("  SKIPPED: butane is not built");
  const sample = configs.slice(0, 50);
  const lines = sample.map((config, index) => {
    const file = join(folder, `${index}.bu`);
    writeFileSync(file, config);
    return `"${butane}" "${file}" >/dev/null`;
  });
  const { stdout } = spawnSync("bash", ["-c", `${lines.join("\n")}\ntimes`], { encoding: "utf8" });
  const theirs = (childSeconds(stdout) * 1e3) / sample.length;
  row("  the real command, a process for each", {
    CPU: `${theirs.toFixed(1)} ms each: ${(theirs / ours).toFixed(1)} times ours`,
  });
  goal("Butane → Ignition, CPU of butane's command by ours", theirs / ours, {
    least: 20,
    unit: "",
  });
}
