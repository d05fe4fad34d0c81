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
