/** Items that a list has twice. */
import type { Mistake } from "../../grammar/mistakes.ts";
import type { Path } from "../../grammar/source.ts";
import type { Inherited } from "./inherited.ts";

/** By an item, what is compared; and the text of it that a message shows. */
interface Comparison {
  /** @default the item itself */
  readonly same?: (item: string) => string;
  /** @default the item in quotes */
  readonly shown?: (item: string) => string;
  /** What to do. @default "Delete one." */
  readonly fix?: string;
}

/** One mistake for each repeated item, at its place. */
export function repeatedItems(
  { mistake }: Pick<Inherited<unknown>, "mistake">,
  path: Path,
  items: readonly string[],
  { same = (item) => item, shown = JSON.stringify, fix = "Delete one." }: Comparison = {},
): Mistake[] {
  const forms = items.map(same);
  return items.flatMap((item, index) =>
    forms.indexOf(forms[index] ?? "") === index
      ? []
      : [mistake([...path, index], `${shown(item)} appears twice in this list. ${fix}`)],
  );
}
