import { type Content, html, type Markup } from "./markup.ts";

/** Numbers behind a picture, that those who do not see it, or want to know exactly, can open. */
export function numbers(caption: string, head: readonly string[], rows: readonly (readonly Content[])[]): Markup {
  return html`<details class="numbers">
    <summary>Numbers<span class="unseen"> of ${caption}</span></summary>
    ${table(caption, head, rows)}
  </details>`;
}

/** A table; the first column names the rows. Wide ones scroll by themselves, by keyboard too. */
export function table(caption: string, head: readonly string[], rows: readonly (readonly Content[])[]): Markup {
  const cells = rows.map(([first, ...rest]) => html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`); // prettier-ignore
  return html`<div class="scroll" role="group" tabindex="0" aria-label="${caption}">
    <table>
      <caption class="unseen">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${head.map((title) => html`<th scope="col">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${cells}
      </tbody>
    </table>
  </div>`;
}

/** The first of a list, and a sentence on the rest. */
export function capped<T>(list: readonly T[], most: number, rest: (left: number) => string): readonly [T[], Content] {
  return [list.slice(0, most), list.length > most && html`<p class="note">${rest(list.length - most)}</p>`];
}
