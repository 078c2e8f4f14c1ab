import { type Content, html, type Markup } from "./markup.ts";

/** A part of the page. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Content;
}

export const sectionMarkup = ({ id, title, body }: Section): Markup =>
  html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${body}
  </section>`;
