import { html } from "../page/markup.ts";
import type { Section } from "../page/section.ts";
import { plural } from "../text/format.ts";
import { type BlockedGroup, byReason } from "../text/blocked.ts";

const MOST_NAMES = 40;

/** What could not be cut, by reason. */
export function blocked(groups: readonly BlockedGroup[]): Section {
  const reasons = byReason(groups).map(({ reason, groups: own }) => {
    const names = own
      .slice(0, MOST_NAMES)
      .map(({ group, node }) => html`<li><span class="name">${group}</span>${node !== undefined && html` <span class="about">at ${node}</span>`}</li>`); // prettier-ignore
    const more = own.length > MOST_NAMES && html`<li>and ${own.length - MOST_NAMES} more</li>`;
    return html`<li>
      <p class="reason">${plural(own.length, "group")}: ${reason}</p>
      <ul class="names">
        ${names}${more}
      </ul>
    </li>`;
  });
  return {
    id: "blocked",
    title: "Left whole",
    body: html`<p>These groups of channels keep all they have.</p>
      <ul class="reasons">
        ${reasons}
      </ul>`,
  };
}
