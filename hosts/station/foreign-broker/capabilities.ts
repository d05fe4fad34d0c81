/** What a broker can do that the station is a client of, and what is lost where it cannot. */
import { DEVICE_PACKET_BYTES_MAX } from "../shared/limits.ts";

/** undefined: it is not known, and nothing is said of it. */
export interface Capabilities {
  readonly protocol: "MQTT 5" | "MQTT 3.1.1";
  /** Highest QoS that it grants and takes. */
  readonly qosMax: 0 | 1 | 2;
  /** It keeps messages for those who subscribe later: not at all, for subscribers of their very topic, for all. */
  readonly retain: "none" | "byTopic" | "all";
  readonly hasWildcards: boolean;
  readonly hasSharedSubscriptions?: boolean | undefined;
  /** It drops messages by itself that are too old. */
  readonly hasMessageExpiry: boolean;
  /** For how many seconds it keeps the station's session. Infinity: as long as it is asked for. */
  readonly sessionSecondsMax: number;
  /** In bytes. */
  readonly packetBytesMax?: number | undefined;
  /** It has forgotten the station's session since the last connection. */
  readonly hasForgotten: boolean;
}

/** A session that ends sooner loses receipts while the station is away for a night. */
const SESSION_SECONDS_WANTED = 86_400;

/** One line for each thing that the broker cannot do. */
export function describeLacks(found: Capabilities): readonly string[] {
  const { protocol, qosMax, retain, sessionSecondsMax, packetBytesMax } = found;
  const lacks: string[] = [];
  if (protocol !== "MQTT 5") lacks.push("no MQTT 5: it does not say why it refuses something");
  if (!found.hasMessageExpiry)
    lacks.push(
      "no message expiry: up to four pushes stay in its queue for a device that never returns, and what has expired is dropped by the device",
    );
  if (qosMax === 0)
    lacks.push(
      "QoS 0 at most: a push or a receipt that a cut loses is sent again only at the device's next connection",
    );
  if (qosMax === 1) lacks.push("QoS 1 at most: what others send with QoS 2 may come twice; pushes lose nothing");
  if (retain === "none")
    lacks.push(
      "no retained messages: after a restart the station does not know who is there until each device says so again",
    );
  if (retain === "byTopic")
    lacks.push(
      "no retained messages for wildcards: presence is asked for device by device, and contacts see it from its next change on",
    );
  if (!found.hasWildcards) lacks.push("no wildcards: the station hears only of devices that are in its directory");
  if (found.hasSharedSubscriptions === false) lacks.push("no shared subscriptions: the station does not use them");
  if (sessionSecondsMax < SESSION_SECONDS_WANTED)
    lacks.push(
      `sessions end after ${sessionSecondsMax} s: receipts that come while the station is away for longer are lost, and the push is sent again`,
    );
  if (packetBytesMax !== undefined && packetBytesMax < DEVICE_PACKET_BYTES_MAX)
    lacks.push(`packets of ${packetBytesMax} bytes at most: a larger push is refused`);
  if (found.hasForgotten)
    lacks.push(
      "it has forgotten sessions since the last connection: receipts of that time are lost, and the pushes are sent again",
    );
  return lacks;
}

/** What no broker but the station's own does. */
export const FOREIGN_LOSSES: readonly string[] = Object.freeze([
  "senders are not checked: who may write to a message topic can name anyone as its sender",
  "a removed device stays connected until the broker's own login ends it",
  "logins are the broker's: accounts and passwords that are made here, and those of LDAP, are for the console alone",
  "nobody subscribes for a device: its setting broker.subscribe has to be on",
  "no limits for each client: what one may send, keep and connect is the broker's to bound",
  "no pager in a console page: a browser does not reach the broker",
]);
