import { type Content, html, Markup } from "./markup.ts";
import { type Section, sectionMarkup } from "./section.ts";
import { STYLE } from "./style.ts";

/** Nothing may be loaded, and nothing run but what the page brings itself, if anything; the style sheet is in the page. */
const policy = (script: Script | undefined): string =>
  [
    "default-src 'none'",
    ...(script ? [`script-src '${script.hash}'`] : []),
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
  ].join("; ");

/** A script that a page may run. It is written into the page as it is. */
export interface Script {
  readonly text: string;
  /** Of the text, as policies name it: `sha256-…`. */
  readonly hash: string;
}

/** A whole document. */
export function page(parts: {
  readonly kind: string;
  readonly title: string;
  readonly lead: Content;
  readonly sections: readonly Section[];
  readonly script?: Script | undefined;
}): string {
  const { kind, title, lead, sections, script } = parts;
  const links = sections.map((s) => html`<li><a href="#${s.id}">${s.title}</a></li>`);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy(script)}" />
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
        ${script && new Markup(`<script>${script.text}</script>`)}
      </body>
    </html> `.text;
}
