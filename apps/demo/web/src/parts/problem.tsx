import type { VNode } from "preact";

/** What went wrong; read out at once. */
export const Problem = ({ text }: { readonly text: string | undefined }): VNode => (
  <div role="alert" class={text === undefined ? undefined : "bad"}>
    {text}
  </div>
);
