/** What a PromQL expression asks for, as far as a test without Prometheus can see it. */

const words = new Set(
  `and or unless on ignoring by without group_left group_right bool offset
   sum avg min max count topk abs absent time vector label_replace avg_over_time count_over_time
   predict_linear humanizePercentage`.split(/\s+/),
);

/** Names of metrics and recordings. */
export function metricsOf(expression: string): readonly string[] {
  const named = [...expression.matchAll(/__name__=~"([^"]+)"/g)].flatMap(([, names = ""]) =>
    names.split("|"),
  );
  const bare = expression
    .replaceAll(/"[^"]*"/g, "")
    // Labels: in selectors, and after by, on and group_left.
    .replaceAll(/\{[^}]*\}/g, "")
    .replaceAll(/\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)/g, "")
    .replaceAll(/\[[^\]]*\]/g, "");
  const names = bare.match(/[a-zA-Z_][a-zA-Z0-9_:]*/g) ?? [];
  return [...new Set([...named, ...names.filter((name) => !words.has(name))])];
}
