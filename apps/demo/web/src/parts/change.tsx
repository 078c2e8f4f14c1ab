import type { VNode } from "preact";
import { change } from "../format.ts";

/** A change in percent: less is better in all that is shown. */
export function Change({ before, after }: { readonly before: number; readonly after: number }): VNode {
  const text = change(before, after);
  return <em class={text.startsWith("−") ? "less" : text.startsWith("+") ? "more" : undefined}>{text}</em>;
}
