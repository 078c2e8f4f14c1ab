/** Text that is HTML already. Everything else is escaped where it is put in. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template. Nothing is written for undefined and false. */
export type Content = Markup | string | number | undefined | false | readonly Content[];

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
/** What has no place in a document, or turns the direction of the text around it. */
const UNSEEN = /[^\P{Cc}\t\n\r]|[\p{Cs}\p{Bidi_Control}\p{Noncharacter_Code_Point}]/gu;

/** Text as HTML, for elements and for attributes in quotes. Names come from files, and a file may hold anything. */
export const escaped = (text: string): string =>
  text.replace(UNSEEN, "\uFFFD").replace(/[&<>"']/g, (letter) => ESCAPES[letter]!);

function render(content: Content): string {
  if (content instanceof Markup) return content.text;
  if (content === undefined || content === false) return "";
  return typeof content === "object" ? content.map(render).join("") : escaped(String(content));
}

/** HTML with values put in, escaped: `` html`<td>${name}</td>` ``. Attributes must be in quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(parts.reduce((text, part, i) => text + render(values[i - 1]) + part));
}

/** The same, for pictures. */
export const svg = (parts: TemplateStringsArray, ...values: readonly Content[]): Markup => html(parts, ...values);

/** A number as a coordinate. */
export const px = (value: number): string => String(Math.round(value * 10) / 10);

/** A path whose coordinates have one decimal at most. */
export const rounded = (path: string): string =>
  path.replaceAll(/-?\d+\.\d+(e-?\d+)?/g, (number) => px(Number(number)));
