/** Values that plain JavaScript can give to a part or a method, and that hardly any of them takes. */
export const otherTypes: readonly unknown[] = [
  null,
  5,
  -1,
  Number.NaN,
  1n,
  true,
  "",
  [],
  {},
  [null],
  () => "",
  Symbol("a"),
  new Date(Number.NaN),
  new Map(),
];
