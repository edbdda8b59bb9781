/** One line of the benchmark's result: what was measured, and its figures. */
export function row(what: string, figures: Readonly<Record<string, string>>): void {
  const text = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  console.log(`${what}: ${text.join(", ")}`);
}
