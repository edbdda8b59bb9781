/** The lists of clouds that the layers have: a function for each cloud, by its `provider`. */

interface Named {
  readonly provider: string;
}

/** Every cloud has to be in it. */
export type CloudList<Context, Result, AnyCloud extends Named> = {
  readonly [Name in AnyCloud["provider"]]: (
    context: Context,
    cloud: Extract<AnyCloud, { readonly provider: Name }>,
  ) => Result;
};

/** What the function of a cloud returns. */
export function ofCloud<Context, Result, AnyCloud extends Named>(
  list: CloudList<Context, Result, AnyCloud>,
  context: Context,
  cloud: AnyCloud,
): Result {
  // The compiler does not follow that the name of the function is the cloud's own.
  const make = list[cloud.provider as AnyCloud["provider"]] as (
    context: Context,
    cloud: AnyCloud,
  ) => Result;
  return make(context, cloud);
}
