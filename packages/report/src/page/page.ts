import { type Content, html } from "./markup.ts";
import { type Section, sectionMarkup } from "./section.ts";
import { STYLE } from "./style.ts";

/** Nothing may be loaded or run; the style sheet is in the page. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** A whole document. */
export function page(parts: {
  readonly kind: string;
  readonly title: string;
  readonly lead: Content;
  readonly sections: readonly Section[];
}): string {
  const { kind, title, lead, sections } = parts;
  const links = sections.map((s) => html`<li><a href="#${s.id}">${s.title}</a></li>`);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="@prune/report" />
        <title>${title} · ${kind}</title>
        ${STYLE}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the report</a>
        <header>
          <p class="kind">${kind}</p>
          <h1>${title}</h1>
        </header>
        <nav aria-label="Contents">
          <ul>
            ${links}
          </ul>
        </nav>
        <main id="main" tabindex="-1">${lead}${sections.map(sectionMarkup)}</main>
      </body>
    </html> `.text;
}
