/**
 * Every bound in one place: purpose, unit, range, what happens at the limit. The relations between them are asserted at
 * the end, when the module is loaded.
 */

/** Longest `env`, in UTF-8 bytes. Refused when the settings are read. */
export const ENV_BYTES_MAX = 64;

/** Longest uid, in UTF-8 bytes, as a setting and as the sender of a message. Longer ones are refused. */
export const UID_BYTES_MAX = 64;

/** Longest time zone as a setting, in UTF-8 bytes: a name of IANA or a rule of POSIX. Longer ones are refused. */
export const TIME_ZONE_BYTES_MAX = 64;

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

/**
 * Largest packet that is sent from memory, in bytes with its fixed header. A caller that asks for more gets a `UsageError`;
 * a payload that is read when it is sent may have `STREAM_BYTES_MAX`.
 */
export const PUBLISH_BYTES_MAX = 3_072;

/** Largest payload that is read when it is sent, in bytes: what remaining length can say, less the largest topic and properties. */
export const STREAM_BYTES_MAX = 268_304_384;

/** Bytes waiting to be sent. When it is full no new PUBLISH is taken until the host has taken some. */
export const TRANSMIT_BYTES_MAX = 4_096;

/** Part of the transmit buffer that only acknowledgements and pings may use. When it is full too, nothing is read. */
export const TRANSMIT_RESERVE_BYTES = 1_024;

/** Messages of QoS 1 and 2 sent and not yet acknowledged, also where the broker would take more. Further ones wait. */
export const INFLIGHT_MAX = 8;

/** Messages in the outbox, sent or not. What happens to a further one is its class's policy. */
export const OUTBOX_MESSAGES_MAX = 32;

/** Bytes of all messages in the outbox: topic, properties and payload, but for a payload that is read when it is sent. */
export const OUTBOX_BYTES_MAX = 8_192;

/** How long to wait before storage that refused to drop an expired message is asked again, in milliseconds. */
export const EXPIRY_RETRY_MS = 60_000;

/** Messages of QoS 1 and 2 that the broker may send before the first is answered; announced in MQTT 5. More end the connection. */
export const RECEIVE_MAX = 32;

/** Longest reason that is given with an acknowledgement (MQTT 5), in UTF-8 bytes. A caller with a longer one gets a `UsageError`. */
export const REASON_STRING_BYTES_MAX = 64;

/** Topics whose translation is kept, a direction. Beyond it the table begins anew. */
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

/** Connections in a row that may end before CONNACK. Then the broker is told less of the will. */
export const CONNECT_DROPS_MAX = 4;

/** Connections that may end on one message or topic filter. Then it is given up: it ends every connection. */
export const ENDINGS_MAX = 5;

/** Connections in a row that the broker may end with something unanswered. Then one thing at a time is sent, to find what it is. */
export const HASTY_ENDINGS_MAX = 2;

/** How long what was given up is not sent, in milliseconds. Then it is tried once more. An hour. */
export const GIVEN_UP_MS = 3_600_000;

/** Names of messages and topic filters on which connections have ended. The oldest is forgotten. */
export const SUSPECTS_MAX = 16;

/** For so long a message of QoS 0 may be why the broker closes, in milliseconds. It has no answer that would tell. */
export const UNANSWERED_MS = 5_000;

/** How long after a refusal a topic filter is asked for again, in milliseconds; it doubles with each refusal. */
export const SUBSCRIBE_RETRY_MS = 60_000;

/** Ceiling of that time, in milliseconds. */
export const SUBSCRIBE_RETRY_MAX_MS = 3_600_000;

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

/** How long the name of a broker may take to be resolved, in milliseconds. Time for two name servers of a usual resolver. */
export const RESOLVE_TIMEOUT_MS = 10_000;

/** How long TCP may take to connect, in milliseconds: the first attempt and three repetitions. */
export const CONNECT_TIMEOUT_MS = 10_000;

/** How long the TLS handshake may take, in milliseconds. A board's own part takes seconds of it. */
export const TLS_TIMEOUT_MS = 15_000;

/** How long the answer to the HTTP request of a WebSocket may take, in milliseconds. */
export const UPGRADE_TIMEOUT_MS = 5_000;

/** The same for a page, which cannot tell these four apart: one limit over all of them, in milliseconds. */
export const PAGE_TIMEOUT_MS = 20_000;

/** How long a connection may take to open at all, in milliseconds, whatever its host tells. Then it is given up. */
export const OPEN_TIMEOUT_MS = 40_000;

/** How long to wait for CONNACK, in milliseconds. Then the connection is closed. */
export const CONNACK_TIMEOUT_MS = 10_000;

/** How long to wait for the broker's part of a re-authentication, in milliseconds. Then the connection is closed. */
export const AUTH_TIMEOUT_MS = 10_000;

/** How long to wait for SUBACK, in milliseconds. Then the connection is closed. */
export const SUBACK_TIMEOUT_MS = 10_000;

/** How long to wait for a PUBACK on a live connection, in milliseconds. Then the connection is closed; the next one resends. */
export const PUBACK_TIMEOUT_MS = 30_000;

/**
 * Longest wait for an answer of the broker while something else comes from it, in milliseconds. Without anything else the time
 * of that answer runs. Long enough for `SKIPPED_BYTES_MAX` at 5 KB a second.
 */
export const BUSY_TIMEOUT_MS = 900_000;

/** How long to wait for PINGRESP, in milliseconds. Then the connection counts as half-open and is closed. */
export const PINGRESP_TIMEOUT_MS = 5_000;

/** Ceiling of the first wait before reconnecting, in milliseconds; it doubles with each attempt that fails. */
export const BACKOFF_BASE_MS = 500;

/** Ceiling of every wait before reconnecting, in milliseconds. */
export const BACKOFF_MAX_MS = 60_000;

/** How long a connection must have stood before the next wait is short again, in milliseconds. */
export const STABLE_MS = 10_000;

/** Messages kept in the inbox. When it is full the expired go first, then the read, then the least important. */
export const INBOX_RECORDS_MAX = 200;

/**
 * Bytes of all messages kept in the inbox; the same order of leaving. With the other records and what NVS adds to each, it
 * fits the 128 KB of flash that boards give to NVS.
 */
export const INBOX_BYTES_MAX = 40_960;

/**
 * Shortest time between two paints of the same view, in milliseconds: while messages arrive in a burst only their number changes
 * on the screen. What the carrier does is seen at once.
 */
export const REPAINT_MS = 250;

/**
 * For so many milliseconds after the screen has changed by itself a press goes nowhere: it was meant for what stood there before, and
 * would acknowledge or answer something unseen. A little longer than a person needs to react.
 */
export const PRESS_GUARD_MS = 300;

/** How long after a touch new messages below priority 4 wait until they take the screen, in milliseconds. */
export const SCREEN_HOLD_MS = 10_000;

/** After how long without a touch a list or a question gives way to what is to be read, in milliseconds. */
export const SCREEN_RETURN_MS = 60_000;

/** Names of messages that left the inbox and are still recognised as duplicates, at least. The oldest are forgotten. */
export const DUPLICATE_WINDOW_MAX = 256;

/** Bytes of all records of such names. Where names are longer than some 30 bytes there are fewer of them. A multiple of 512. */
export const NAME_WINDOW_BYTES_MAX = 8_192;

/**
 * Messages that left the inbox while receipts for them were still to be sent. At the limit no further message is taken: it stays
 * with the broker, unacknowledged, until the senders have been told.
 */
export const LEFT_OWING_MAX = 128;

/** Receipts of one sender that are told together, in bytes of payload. Where there are more, one is told at a time. */
export const RECEIPTS_BYTES_MAX = 1_536;

/** Messages with receipts that the broker has not acknowledged; what is to be told meanwhile goes together into the next one. */
export const RECEIPTS_INFLIGHT_MAX = 3;

/** Longest id of a message, in UTF-8 bytes (wire format). A message with a longer one is shown and gets no receipts. */
export const MESSAGE_ID_BYTES_MAX = 64;

/** Contacts in the settings, each with a subscription of its own. More are refused when the settings are read. */
export const CONTACTS_MAX = 7;

/** Groups in the settings, each with a subscription of its own. More are refused when the settings are read. */
export const GROUPS_MAX = 4;

/** Contacts whose presence is known: those of the settings, and of the station's as many as fit; news of others is counted. */
export const ROSTER_MAX = 32;

/** Records of contacts that may be written at once; beyond it what is known of them is written later. */
export const ROSTER_WRITES_MAX = 64;

/** After how long one more of them may be written, in milliseconds: so some 8,600 a day at most, which flash bears for decades. */
export const ROSTER_WRITE_MS = 10_000;

/** How long after a new session nothing of the contacts is written, in milliseconds: the broker is saying again what it knows. */
export const ROSTER_SETTLE_MS = 10_000;

/** Texts in the settings that can be sent, or chosen as presence, with the buttons. More are refused. */
export const CANNED_TEXTS_MAX = 8;

/** Messages written here that the broker has not taken yet. A further one is refused. */
export const MESSAGES_OUT_MAX = 16;

/** Text of a message written here, in UTF-8 bytes. A longer one is refused. */
export const MESSAGE_TEXT_BYTES_MAX = 255;

/**
 * A page that comes so soon after another unread one of at least its priority does not sound, in milliseconds: about as long as
 * a sound lasts. So a thousand pages at once sound once.
 */
export const ALARM_BURST_MS = 2_000;

/** How often a page of priority 4 or 5 is sounded until it is acknowledged, in milliseconds between two times. */
export const ALARM_REPEAT_MS = 30_000;

/** Longest id of a command, in UTF-8 bytes. A command with a longer one is refused. */
export const COMMAND_ID_BYTES_MAX = 23;

/** A clock that shows less has not been set, in seconds since 1970: 2020-01-01T00:00:00Z, before any firmware of this kind. */
export const CLOCK_SECONDS_MIN = 1_577_836_800;

/** Largest jump of the clock that is believed at once, in seconds: a day. */
export const CLOCK_JUMP_SECONDS_MAX = 86_400;

/** How long the clock has to stand by a larger jump, in milliseconds. Until then the former time goes on. */
export const CLOCK_DOUBT_MS = 3_600_000;

/** How long a command holds that does not say so, in seconds. */
export const COMMAND_SECONDS_DEFAULT = 60;

/** Longest time that a command may hold, in seconds: a day. One that says more is refused. */
export const COMMAND_SECONDS_MAX = 86_400;

/** How far the clock of a command's sender may be ahead of the device's, in seconds. A command from later on is refused. */
export const COMMAND_CLOCK_SECONDS = 300;

/** Commands that were done and are recognised when they come again. The oldest is forgotten. */
export const COMMANDS_REMEMBERED_MAX = 32;

/**
 * Longest reason in the result of a command, in characters, each of up to 6 bytes in JSON. What names many wrong settings is
 * cut there: a result that no packet holds would stop everything behind it.
 */
export const COMMAND_REASON_MAX = 255;

/** Results of commands that wait to be sent. The oldest is dropped: its sender may ask again. */
export const COMMAND_RESULTS_MAX = 8;

/** How long a restart waits for the broker to take its result, in milliseconds. Then it happens without. */
export const COMMAND_RESTART_MS = 5_000;

/** How long a device that is to identify itself has that on its screen as a message that is not yet worthless, in seconds. */
export const IDENTIFY_SECONDS = 60;

/** Contents of one instant message: 4 bits on the wire, 0 is refused (wire format). */
export const CONTENTS_MAX = 15;

/** Context of a presence, in UTF-8 bytes (wire format). A longer one is refused. */
export const PRESENCE_CONTEXT_BYTES_MAX = 255;

/** Longest reply choice, in UTF-8 bytes: it has to fit into its receipt. A longer one is cut, and ends with "…". */
export const CHOICE_BYTES_MAX = 128;

/** Reply choices of one message (wire format). Further ones are shown and cannot be chosen. */
export const CHOICES_MAX = 3;

/** Topics of one pre-subscription, the contacts and groups of a client. A list with more is refused. */
export const PRESUBSCRIPTION_TOPICS_MAX = 16_384;

/** Sensors of a device, its own among them. Further ones are not sampled, and the log says so. Range 1 to 256. */
export const SENSORS_MAX = 32;

/** Readings of all sensors kept until they can be sent, 17 bytes each. When it is full the older half is thinned, and counted. */
export const READINGS_MAX = 128;

/** Readings in one telemetry message; the rest follows in the next one. */
export const BATCH_READINGS_MAX = 16;

/** Bytes of one telemetry payload; with more the batch is halved. Leaves room for topic and header in `PUBLISH_BYTES_MAX`. */
export const TELEMETRY_BYTES_MAX = 1_792;

/** Bytes of the document for Home Assistant: some ten sensors. Those that do not fit are left out, and the log says so. */
export const DISCOVERY_BYTES_MAX = 2_880;

/** Host events waiting in the gateway. Log lines beyond it are dropped, and the log says how many. */
export const EVENTS_MAX = 32;

/**
 * Opening brackets of a JSON text that the engine's own reader gets, which calls itself for each level. With more of them our
 * own reader goes on, which does not.
 */
export const JSON_BRACKETS_MAX = 8;

if (PUBLISH_BYTES_MAX + TRANSMIT_RESERVE_BYTES > TRANSMIT_BYTES_MAX)
  throw new Error("limits: a PUBLISH of PUBLISH_BYTES_MAX does not fit beside TRANSMIT_RESERVE_BYTES");
if (RESOLVE_TIMEOUT_MS + CONNECT_TIMEOUT_MS + TLS_TIMEOUT_MS + UPGRADE_TIMEOUT_MS > OPEN_TIMEOUT_MS)
  throw new Error("limits: the steps of opening may take longer than OPEN_TIMEOUT_MS");
// Beside each `/env/pres/uid` its length and QoS; three topics are the device's own; the packet's head and one topic of another.
if (64 + (CONTACTS_MAX + GROUPS_MAX + 3) * (10 + ENV_BYTES_MAX + UID_BYTES_MAX) > PUBLISH_BYTES_MAX)
  throw new Error("limits: the longest SUBSCRIBE is above PUBLISH_BYTES_MAX");
if (CONTACTS_MAX > ROSTER_MAX) throw new Error("limits: CONTACTS_MAX is above ROSTER_MAX");
if (RECEIPTS_BYTES_MAX >= PUBLISH_BYTES_MAX) throw new Error("limits: RECEIPTS_BYTES_MAX does not fit into a PUBLISH");
if (OUTBOX_BYTES_MAX < PUBLISH_BYTES_MAX)
  throw new Error("limits: a PUBLISH of PUBLISH_BYTES_MAX does not fit into the outbox");
if (INFLIGHT_MAX > OUTBOX_MESSAGES_MAX) throw new Error("limits: INFLIGHT_MAX is above OUTBOX_MESSAGES_MAX");
if (BROKER_RETURN_MS > BROKER_RETURN_MAX_MS) throw new Error("limits: BROKER_RETURN_MS is above BROKER_RETURN_MAX_MS");
if (SUBSCRIBE_RETRY_MS > SUBSCRIBE_RETRY_MAX_MS)
  throw new Error("limits: SUBSCRIBE_RETRY_MS is above SUBSCRIBE_RETRY_MAX_MS");
if (BACKOFF_BASE_MS > BACKOFF_MAX_MS) throw new Error("limits: BACKOFF_BASE_MS is above BACKOFF_MAX_MS");
if (INBOX_BYTES_MAX < 2 * PACKET_BYTES_MAX)
  throw new Error("limits: the largest packet, every byte escaped in JSON, does not fit into the inbox");
if (TELEMETRY_BYTES_MAX + 2 * UID_BYTES_MAX + 32 > PUBLISH_BYTES_MAX)
  throw new Error("limits: telemetry of TELEMETRY_BYTES_MAX does not fit into a PUBLISH with its topic");
if (DISCOVERY_BYTES_MAX + ENV_BYTES_MAX + UID_BYTES_MAX + 48 > PUBLISH_BYTES_MAX)
  throw new Error("limits: a document of DISCOVERY_BYTES_MAX does not fit into a PUBLISH with its topic");
if (6 * (COMMAND_REASON_MAX + COMMAND_ID_BYTES_MAX) + ENV_BYTES_MAX + UID_BYTES_MAX + 64 > PUBLISH_BYTES_MAX)
  throw new Error("limits: the result of a command with COMMAND_REASON_MAX does not fit into a PUBLISH with its topic");
if (READINGS_MAX < 4 * SENSORS_MAX)
  throw new Error("limits: expected READINGS_MAX of at least 4 a sensor, so that thinning finds a second one of each");
