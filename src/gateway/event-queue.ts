import { EVENTS_MAX } from "../limits.ts";
import type { BrokerSettings } from "./settings.ts";

/** What the gateway asks of its host. */
export type GatewayEvent =
  /** Open a connection to this broker; give up a former one. Answer with `handleConnected` or `handleClosed`. */
  | { readonly type: "open"; readonly broker: BrokerSettings }
  /** Close the connection, after what `pollTransmit` gave has been sent. `handleClosed` need not follow. */
  | { readonly type: "close" }
  /** A new page of this priority (1 to 5) is on the screen: sound, light, vibration as the board can. */
  | { readonly type: "alert"; readonly priority: number }
  /** Begin again as after power-on, once what is to be sent has been sent, and with the settings as they are stored then. */
  | { readonly type: "restart" }
  /** For the log. */
  | { readonly type: "log"; readonly line: string };

/** What waits for the host. Lines of the log beyond `EVENTS_MAX` are left out, and one line says how many; nothing else is. */
export class EventQueue {
  private readonly events: GatewayEvent[] = [];
  private droppedLines = 0;

  tell(event: GatewayEvent): void {
    this.events.push(event);
  }

  log(line: string): void {
    if (this.events.length < EVENTS_MAX) this.events.push({ type: "log", line });
    else this.droppedLines += 1;
  }

  poll(): GatewayEvent | undefined {
    const event = this.events.shift();
    if (event || this.droppedLines === 0) return event;
    const line = `${this.droppedLines} further lines are missing here`;
    this.droppedLines = 0;
    return { type: "log", line };
  }
}
