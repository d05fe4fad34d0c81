/**
 * Every bound in one place: purpose, unit, range, what happens at the limit. The relations between them are asserted at
 * the end, when the module is loaded.
 */

/** Longest `env`, in UTF-8 bytes. Refused when the settings are read. */
export const ENV_BYTES_MAX = 64;

/** Longest uid, in UTF-8 bytes, as a setting and as the sender of a message. Longer ones are refused. */
export const UID_BYTES_MAX = 64;

/** Largest keep-alive, in seconds: what CONNECT can say [MQTT-3.1.2-24]. */
export const KEEP_ALIVE_SECONDS_MAX = 65_535;

/** Longest certificate chain or key as a setting, in UTF-8 bytes of PEM. Longer ones are refused. */
export const PEM_BYTES_MAX = 16_384;

/** Largest packet that is read into memory, in bytes with its fixed header. A larger one is skipped, acknowledged, counted. */
export const PACKET_BYTES_MAX = 4_096;

/**
 * Largest packet that the broker may send at all, in bytes; announced in MQTT 5, where a larger one ends the connection.
 * Well above `PACKET_BYTES_MAX`, since a broker discards in silence what is announced as too large, and this device counts it.
 */
export const SKIPPED_BYTES_MAX = 4_194_304;

/** Largest packet that is sent, in bytes with its fixed header. A caller that asks for more gets a `UsageError`. */
export const PUBLISH_BYTES_MAX = 2_048;

/** Bytes waiting to be sent. When it is full no new PUBLISH is taken until the host has taken some. */
export const TRANSMIT_BYTES_MAX = 4_096;

/** Part of the transmit buffer that only acknowledgements and pings may use. When it is full too, the connection is closed. */
export const TRANSMIT_RESERVE_BYTES = 1_024;

/** Messages of QoS 1 and 2 accepted and not yet acknowledged. Further ones wait in their source. */
export const INFLIGHT_MAX = 8;

/** Messages of QoS 1 and 2 that the broker may send before the first is answered; announced in MQTT 5. More end the connection. */
export const RECEIVE_MAX = 32;

/** Topics whose translation is kept, a direction. */
export const TOPICS_CACHED_MAX = 16;

/** Messages of QoS 1 and 2 of an MQTT 3.1.1 broker, which has no receive maximum, that are not finished. More end the connection. */
export const UNFINISHED_MAX = 1_024;

/** Topic aliases a direction (MQTT 5). The broker is told; further topics of ours are sent in full. */
export const TOPIC_ALIAS_MAX = 8;

/** How long the broker keeps our session while we are away, in seconds (MQTT 5). 30 days. */
export const SESSION_EXPIRY_SECONDS = 2_592_000;

/** How long the application may take to take a message, in milliseconds. Then the connection is closed and the message comes again. */
export const TAKE_TIMEOUT_MS = 60_000;

/** How near the learned ping interval comes to the longest that the network allows, in milliseconds. */
export const KEEP_ALIVE_STEP_MS = 30_000;

/** After how long an idle time that killed a connection is tried again, in milliseconds. A day. */
export const KEEP_ALIVE_RETRY_MS = 86_400_000;

/** Attempts in a row that may be dropped before a version that was once accepted is doubted: the broker may be another one. */
export const PROVEN_DROPS_MAX = 3;

/** Brokers of a device, the preferred one and its fall-backs. More are refused when the settings are read. */
export const BROKERS_MAX = 4;

/** Attempts in a row that do not connect before it is the next broker's turn. */
export const BROKER_ATTEMPTS_MAX = 2;

/** How long a lesser broker is kept before the preferred one is tried, in milliseconds; doubles when it is not back. */
export const BROKER_RETURN_MS = 600_000;

/** Ceiling of that time, in milliseconds. */
export const BROKER_RETURN_MAX_MS = 7_200_000;

/** When messages are on their way at that time: ask again after this long, in milliseconds. */
export const BROKER_RETURN_POSTPONE_MS = 10_000;

/** How long a connection may take to open (resolve, connect, TLS), in milliseconds. Then it is given up. */
export const OPEN_TIMEOUT_MS = 20_000;

/** How long to wait for CONNACK, in milliseconds. Then the connection is closed. */
export const CONNACK_TIMEOUT_MS = 10_000;

/** How long to wait for the broker's part of a re-authentication, in milliseconds. Then the connection is closed. */
export const AUTH_TIMEOUT_MS = 10_000;

/** How long to wait for SUBACK, in milliseconds. Then the connection is closed. */
export const SUBACK_TIMEOUT_MS = 10_000;

/** How long to wait for a PUBACK on a live connection, in milliseconds. Then the connection is closed; the next one resends. */
export const PUBACK_TIMEOUT_MS = 30_000;

/** How long to wait for PINGRESP, in milliseconds. Then the connection counts as half-open and is closed. */
export const PINGRESP_TIMEOUT_MS = 5_000;

/** Ceiling of the first wait before reconnecting, in milliseconds; it doubles with each attempt that fails. */
export const BACKOFF_BASE_MS = 500;

/** Ceiling of every wait before reconnecting, in milliseconds. */
export const BACKOFF_MAX_MS = 60_000;

/** How long a connection must have stood before the next wait is short again, in milliseconds. */
export const STABLE_MS = 10_000;

/** Messages kept in the inbox. When it is full the expired go first, then the read, then the least important. */
export const INBOX_RECORDS_MAX = 64;

/** Bytes of all messages kept in the inbox; the same order of leaving. Fits the 24 KB of flash that boards give to NVS. */
export const INBOX_BYTES_MAX = 12_288;

/** New messages that wait for the screen; further ones wait in the connection, unacknowledged. */
export const UNSHOWN_MAX = 16;

/** With more new messages than this waiting for the screen, none of them dwells on it. */
export const DWELL_BACKLOG_MAX = 8;

/** Names of messages that left the inbox and are still recognised as duplicates. The oldest is forgotten. */
export const DUPLICATE_WINDOW_MAX = 64;

/** Messages that left the inbox while receipts for them were still to be sent. The oldest is forgotten, and counted. */
export const LEFT_OWING_MAX = 256;

/** Longest id of a message, in UTF-8 bytes (wire format). A message with a longer one is refused. */
export const MESSAGE_ID_BYTES_MAX = 23;

/** Contents of one instant message: 4 bits on the wire, 0 is refused (wire format). */
export const CONTENTS_MAX = 15;

/** Context of a presence, in UTF-8 bytes (wire format). A longer one is refused. */
export const PRESENCE_CONTEXT_BYTES_MAX = 255;

/** Reply choices of one message (wire format). Further ones are ignored. */
export const CHOICES_MAX = 3;

/** Readings of all sensors kept until they can be sent. The oldest is dropped and counted. */
export const READINGS_MAX = 64;

/** Readings in one telemetry message; the rest follows in the next one. */
export const BATCH_READINGS_MAX = 16;

/** Host events waiting in the gateway. Log lines beyond it are dropped and counted. */
export const EVENTS_MAX = 32;

/** Levels of JSON nesting that are believed. Deeper text is refused before it is parsed. */
export const JSON_DEPTH_MAX = 8;

if (PUBLISH_BYTES_MAX + TRANSMIT_RESERVE_BYTES > TRANSMIT_BYTES_MAX)
  throw new Error("limits: a PUBLISH of PUBLISH_BYTES_MAX does not fit beside TRANSMIT_RESERVE_BYTES");
if (BROKER_RETURN_MS > BROKER_RETURN_MAX_MS) throw new Error("limits: BROKER_RETURN_MS is above BROKER_RETURN_MAX_MS");
if (BACKOFF_BASE_MS > BACKOFF_MAX_MS) throw new Error("limits: BACKOFF_BASE_MS is above BACKOFF_MAX_MS");
if (INBOX_BYTES_MAX < 2 * PACKET_BYTES_MAX)
  throw new Error("limits: the largest packet, every byte escaped in JSON, does not fit into the inbox");
if (DWELL_BACKLOG_MAX >= UNSHOWN_MAX || UNSHOWN_MAX >= INBOX_RECORDS_MAX)
  throw new Error("limits: expected DWELL_BACKLOG_MAX < UNSHOWN_MAX < INBOX_RECORDS_MAX");
