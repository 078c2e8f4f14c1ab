import fc from "fast-check";
import { expect, test } from "vitest";
import { escaped, html } from "./markup.ts";

test("values are escaped, markup and lists are put in, nothing is written for what is not there", () => {
  const items = ["a<b", "c"].map((name) => html`<li title="${name}">${name}</li>`);
  expect(html`<ul>${items}${undefined}${false}${0}</ul>`.text).toBe('<ul><li title="a&lt;b">a&lt;b</li><li title="c">c</li>0</ul>'); // prettier-ignore
});

test("no text gets out of an element or of an attribute, or turns others around", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...`<>"'&;a#3`, "\u0000", "\u202E", "\uD800", "\u{1D4B3}") }),
      (text) => {
        const safe = escaped(text);
        expect(safe).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
        expect(Buffer.from(safe).toString()).toBe(safe); // no half of a pair
        for (const unseen of ["\0", "\u202E"]) expect(safe).not.toContain(unseen);
      },
    ),
  );
  expect(escaped("</script><img src=x onerror='a'>\u202Etxt")).toBe("&lt;/script&gt;&lt;img src=x onerror=&#39;a&#39;&gt;\uFFFDtxt"); // prettier-ignore
});
