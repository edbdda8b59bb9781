/** Results that follow from values alone, and so need not be made twice. */

/**
 * The result of `make`, or the same one of an earlier run.
 *
 * @param kind what is made; with the inputs it says all that the result depends on
 * @param shared inputs that many results have: the same object each time
 * @param inputs plain data
 */
export type Remember = (
  kind: string,
  shared: object,
  inputs: unknown,
  make: () => string,
) => string;

export const rememberNothing: Remember = (_kind, _shared, _inputs, make) => make();
