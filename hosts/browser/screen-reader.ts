import type { DrawList } from "../../src/pager/screen/draw-list.ts";
import { screenText } from "../../src/pager/screen/screen-text.ts";

/**
 * The words of the screen as text beside the canvas, for screen readers. Only lines that change are touched. So a screen reader reads
 * out what is new, not the whole screen every minute.
 */
export class TextCopy {
  readonly #status: HTMLElement;
  readonly #lines: HTMLElement;

  /** `status` holds the first line of the screen, its status bar; it is not announced. `lines` holds the others; they are announced. */
  constructor(status: HTMLElement, lines: HTMLElement) {
    this.#status = status;
    this.#lines = lines;
  }

  update(drawList: DrawList): void {
    const [status = "", ...lines] = screenText(drawList);
    setText(this.#status, status);
    while (this.#lines.children.length > lines.length) this.#lines.lastElementChild?.remove();
    lines.forEach((line, index) => {
      const row = this.#lines.children[index] ?? this.#lines.appendChild(document.createElement("p"));
      setText(row, line);
    });
  }
}

function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
