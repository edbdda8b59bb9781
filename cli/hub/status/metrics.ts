/** Prometheus' text format (prometheus.io/docs/instrumenting/exposition_formats), as far as needed. */

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The samples of one metric. Histograms, time stamps and comments are ignored. */
export function samplesOf(text: string, metric: string): readonly Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split("\n")) {
    if (!line.startsWith(metric)) continue;
    const [, labels = "", value] =
      /^(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?\s+(\S+)/.exec(line.slice(metric.length)) ?? [];
    if (value !== undefined) samples.push({ labels: labelsOf(labels), value: Number(value) });
  }
  return samples;
}

function labelsOf(text: string): Readonly<Record<string, string>> {
  const pairs = text.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g);
  return Object.fromEntries(
    [...pairs].map(([, name = "", value = ""]) => [name, unescaped(value)]),
  );
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, letter: string) => (letter === "n" ? "\n" : letter));
}
