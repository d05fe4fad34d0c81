import type { PagedText, TextBox, TextPage } from "../../src/pager/screen/paged-text.ts";

/** A page of a text, however many slices of work it takes. */
export function laidOut(text: PagedText, index: number, box: TextBox): TextPage {
  for (;;) {
    const page = text.poll(index, box);
    if (page) return page;
  }
}
