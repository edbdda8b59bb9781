/** The reference of the alerts: when each fires, and what to do. */

export interface DescribedAlert {
  readonly alert: string;
  readonly severity: string;
  /** How long its expression must be true: `15m`. */
  readonly for: string;
  /** With Prometheus' placeholders: `{{ $labels.device }} is away.` */
  readonly summary: string;
  readonly expr: string;
}

/** @param runbooks Markdown, by the alert's name */
export function alertsPage(
  alerts: readonly DescribedAlert[],
  runbooks: Readonly<Record<string, string>>,
): string {
  const index = alerts.map(
    ({ alert, severity, for: time, summary }) =>
      `| [${alert}](#${alert.toLowerCase()}) | ${severity} | ${time} | ${readable(summary)} |`,
  );
  const sections = alerts.map(({ alert, expr }) => {
    const query = `\`\`\`text\n${expr}\n\`\`\``;
    return `## ${alert}\n\n${runbooks[alert]}\n\nIt fires while this is true:\n\n${query}`;
  });
  const table = ["| alert | severity | after | what it says |", "| --- | --- | --- | --- |"];
  const parts = ["# Alerts", introduction, [...table, ...index].join("\n"), ...sections];
  return `${parts.join("\n\n")}\n`;
}

const introduction = `The alerts of the add-on \`prometheus\`. \`critical\` wakes somebody at night, \`warning\` waits for the morning.
Each alert links to its runbook in the hub's own Grafana ("Fleet: runbooks"), which has the same text as this page.
"At the device" means \`ssh core@<device>\` in the site's network.`;

/** \`{{ $labels.device }}\` as a word. */
function readable(summary: string): string {
  return summary
    .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, "*$1*")
    .replaceAll(/\{\{ \$value[^}]*\}\}/g, "*value*");
}
