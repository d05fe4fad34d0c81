import type { PagedText, TextBox, TextPage } from "../../src/pager/screen/paged-text.ts";

/** Lays out a page of a text, in as many slices of work as it takes. */
export function laidOut(text: PagedText, index: number, box: TextBox): TextPage {
  for (;;) {
    const page = text.poll(index, box);
    if (page) return page;
  }
}
