/** A pager on Node that records what it painted, sounded and logged. */

import { MemoryStore } from "../../hosts/common/memory-store.ts";
import { type Pager, startPager } from "../../hosts/node/pager.ts";
import type { Button } from "../../src/pager/screen/buttons.ts";
import { screenText } from "../../src/pager/screen/screen-text.ts";
import type { Store } from "../../src/seams.ts";

export interface TestPagerOptions {
  readonly port: number;
  readonly store?: Store;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Reconnects at once instead of waiting for the end of the back-off. */
  readonly eager?: boolean;
}

/** A word that a test finds on the screen. */
const MARK = /\bmark\d+\b/g;

export class TestPager {
  readonly alerts: number[] = [];
  readonly logs: string[] = [];
  /** The marks in the order in which they came onto the screen. A repaint does not count. */
  readonly marks: string[] = [];
  readonly #pager: Pager;
  #screen: readonly string[] = [];

  constructor(options: TestPagerOptions) {
    this.#pager = startPager({
      settings: { "broker.port": options.port, "telemetry.interval": 0, "screen.dwell": 0, ...options.settings },
      store: options.store ?? new MemoryStore(),
      sensors: [],
      onPaint: (drawList) => this.#look(screenText(drawList)),
      onAlert: (priority) => this.alerts.push(priority),
      onLog: (line) => {
        this.logs.push(line);
        if (options.eager) setImmediate(() => this.#pager.networkChanged());
      },
    });
  }

  /** The lines on the screen now. */
  get screen(): readonly string[] {
    return this.#screen;
  }

  press(button: Button): void {
    this.#pager.press(button);
  }

  networkChanged(): void {
    this.#pager.networkChanged();
  }

  stop(): Promise<void> {
    return this.#pager.stop();
  }

  #look(screen: readonly string[]): void {
    const before = new Set(marksOf(this.#screen));
    this.#screen = screen;
    for (const mark of marksOf(screen)) if (!before.has(mark)) this.marks.push(mark);
  }
}

function marksOf(screen: readonly string[]): string[] {
  return screen.join("\n").match(MARK) ?? [];
}
