import { EVENTS_MAX } from "../limits.ts";
import type { LogLines } from "./log-lines.ts";
import type { Light } from "./screen-light.ts";
import type { BrokerSettings } from "./settings.ts";

/** What the gateway asks its host to do. */
export type GatewayEvent =
  /** Open a connection to this broker and give up a former one. The host answers with `handleConnected` or `handleClosed`. */
  | { readonly type: "open"; readonly broker: BrokerSettings }
  /** Send what `pollTransmit` gave, then begin TLS on this connection. The host answers with `handleConnected` or `handleClosed`. */
  | { readonly type: "secure" }
  /** Send what `pollTransmit` gave, then close the connection. `handleClosed` need not follow. */
  | { readonly type: "close" }
  /** Sound, light or vibrate, as the board can, for a page of this priority (1 to 5). */
  /** `melody`: the sender's choice, see `tonesOf`. */
  | { readonly type: "alert"; readonly priority: number; readonly melody?: string | undefined }
  /** Set the light behind the screen. Only a host that can do so is asked for it. */
  | { readonly type: "light"; readonly light: Light }
  /** Send what waits, then begin again as after power-on, with the settings that are stored then. */
  | { readonly type: "restart" }
  /** Send what waits, then sleep for so many milliseconds, and begin again as after power-on. A button may end the sleep. */
  | { readonly type: "sleep"; readonly durationMs: number }
  /** A line for the log. */
  | { readonly type: "log"; readonly line: string };

/**
 * Events that wait for the host. Log lines beyond `EVENTS_MAX` are dropped, and one line says how many. No other event is
 * dropped.
 */
export class EventQueue {
  private readonly events: GatewayEvent[] = [];
  private readonly lines: LogLines;
  private droppedLines = 0;

  /** @param lines keeps what is logged */
  constructor(lines: LogLines) {
    this.lines = lines;
  }

  tell(event: GatewayEvent): void {
    this.events.push(event);
  }

  log(text: string): void {
    const line = this.lines.add(text);
    if (this.events.length < EVENTS_MAX) this.events.push({ type: "log", line });
    else this.droppedLines += 1;
  }

  poll(): GatewayEvent | undefined {
    const event = this.events.shift();
    if (event || this.droppedLines === 0) return event;
    const line = `${this.droppedLines} more log lines were dropped here`;
    this.droppedLines = 0;
    return { type: "log", line };
  }
}
