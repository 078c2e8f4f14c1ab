import type { Report, SignatureChange } from "@prune/core";

/** A sentence on inputs and outputs that changed alike: those of as many layers would fill a page. */
export function signatureLines({ signature = [] }: Pick<Report, "signature">): string[] {
  const alike = new Map<string, string[]>();
  for (const change of signature) {
    const text = changeOf(change);
    alike.set(text, [...(alike.get(text) ?? []), change.name]);
  }
  return [...alike].map(([text, [first, ...others]]) => `${first}${others.length ? ` and ${others.length} more` : ""}: ${text}.`); // prettier-ignore
}

function changeOf({ kind, before, after }: SignatureChange): string {
  const shape = (dims: SignatureChange["before"]): string => `[${dims.map((d) => d ?? "?").join(", ")}]`;
  return after ? `${kind} of ${shape(before)} is ${shape(after)} now` : `${kind} left`;
}
