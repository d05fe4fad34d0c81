/**
 * Every bound stands here, with its purpose, its unit, its range and what happens at the limit. The end of this file checks the
 * relations between them when the module is loaded.
 */

/** Longest `env`, in UTF-8 bytes. The settings refuse a longer one. */
export const ENV_BYTES_MAX = 64;

/** Longest uid, in UTF-8 bytes, as a setting and as the sender of a message. A longer one is refused. */
export const UID_BYTES_MAX = 64;

/** Longest time zone as a setting, in UTF-8 bytes: an IANA name or a POSIX rule. A longer one is refused. */
export const TIME_ZONE_BYTES_MAX = 64;

/** Longest keep-alive, in seconds. CONNECT cannot express more [MQTT-3.1.2-24]. */
export const KEEP_ALIVE_SECONDS_MAX = 65_535;

/** Longest certificate chain or key as a setting, in UTF-8 bytes of PEM. A longer one is refused. */
export const PEM_BYTES_MAX = 16_384;

/** Largest packet that is read into memory, in bytes with its fixed header. A larger one is skipped, acknowledged and counted. */
export const PACKET_BYTES_MAX = 4_096;

/**
 * Largest packet that the broker may send, in bytes. CONNECT announces it in MQTT 5, and a larger one ends the connection. It is far
 * above `PACKET_BYTES_MAX`: a broker silently discards what is larger than announced, and this device wants to count it.
 */
export const SKIPPED_BYTES_MAX = 4_194_304;

/**
 * Largest packet that is sent from memory, in bytes with its fixed header. A caller with a larger one gets a `UsageError`. A payload
 * that is read while it is sent may have `STREAM_BYTES_MAX`.
 */
export const PUBLISH_BYTES_MAX = 3_072;

/** Largest payload that is read while it is sent, in bytes: the largest Remaining Length, less the largest topic and properties. */
export const STREAM_BYTES_MAX = 268_304_384;

/** Bytes that wait to be sent. When the buffer is full, no new PUBLISH enters it until the host has taken some bytes. */
export const TRANSMIT_BYTES_MAX = 4_096;

/** The part of the transmit buffer that only acknowledgements and pings may use. When this part is full too, nothing is read. */
export const TRANSMIT_RESERVE_BYTES = 1_024;

/**
 * Messages of QoS 1 and 2 that are sent and not yet acknowledged. It holds also where the broker would take more. Further messages
 * wait.
 */
export const INFLIGHT_MAX = 8;

/** Messages in the outbox, sent or not. A message's policy says what happens to a further one. */
export const OUTBOX_MESSAGES_MAX = 32;

/** Bytes of all messages in the outbox: topic, properties and payload. A payload that is read while it is sent does not count. */
export const OUTBOX_BYTES_MAX = 8_192;

/** Storage may refuse to drop an expired message. It is asked again after this long, in milliseconds. */
export const EXPIRY_RETRY_MS = 60_000;

/** Messages of QoS 1 and 2 that the broker may send before the first is answered. MQTT 5 announces it. More end the connection. */
export const RECEIVE_MAX = 32;

/** Longest reason that an acknowledgement carries (MQTT 5), in UTF-8 bytes. A caller with a longer one gets a `UsageError`. */
export const REASON_STRING_BYTES_MAX = 64;

/** Topics whose translation is kept, for each direction. One more empties the table. */
export const TOPICS_CACHED_MAX = 16;

/** Unfinished messages of QoS 1 and 2 from an MQTT 3.1.1 broker. That version has no receive maximum. More end the connection. */
export const UNFINISHED_MAX = 1_024;

/** Topic aliases for each direction (MQTT 5). CONNECT tells the broker. Further topics of ours are sent in full. */
export const TOPIC_ALIAS_MAX = 8;

/** How long the broker keeps our session while we are away, in seconds (MQTT 5): 30 days. */
export const SESSION_EXPIRY_SECONDS = 2_592_000;

/**
 * How long the application may need to take a message, in milliseconds. Then the connection is closed, and the message comes again.
 */
export const TAKE_TIMEOUT_MS = 60_000;

/** How near the learned ping interval comes to the longest that the network allows, in milliseconds. */
export const KEEP_ALIVE_STEP_MS = 30_000;

/** An idle time that killed a connection is tried again after this long, in milliseconds: a day. */
export const KEEP_ALIVE_RETRY_MS = 86_400_000;

/** Attempts in a row that may be dropped. Then a version that the broker once accepted is doubted: it may be another broker. */
export const PROVEN_DROPS_MAX = 3;

/** Connections in a row that may end before CONNACK. Then CONNECT says less of the will. */
export const CONNECT_DROPS_MAX = 4;

/** Connections that may end on one message or topic filter, by the broker or by its silence. Then it is given up. */
export const ENDINGS_MAX = 7;

/** How many of them may end while other things are unanswered, too. Then it is sent alone, after a ping has been answered. */
export const HASTY_ENDINGS_MAX = 2;

/** Longest wait before the connection that follows an ending on one thing alone, in milliseconds. */
export const TRIAL_WAIT_MAX_MS = 2_000;

/** How long a message or topic filter that was given up is not sent, in milliseconds. Then it is tried once more. An hour. */
export const GIVEN_UP_MS = 3_600_000;

/** Names of messages and topic filters on which connections have ended. One more replaces the oldest. */
export const SUSPECTS_MAX = 24;

/**
 * A message of QoS 0 has no answer. For this long it counts as a possible reason when the broker closes, in milliseconds. For as
 * long a PINGRESP proves that the link works.
 */
export const UNANSWERED_MS = 5_000;

/** A refused topic filter is asked for again after this long, in milliseconds. The time doubles with each refusal. */
export const SUBSCRIBE_RETRY_MS = 60_000;

/** Ceiling of `SUBSCRIBE_RETRY_MS`, in milliseconds. */
export const SUBSCRIBE_RETRY_MAX_MS = 3_600_000;

/** Brokers of a device: the preferred one and its fall-backs. The settings refuse more. */
export const BROKERS_MAX = 4;

/** Attempts in a row that do not connect. Then the next broker has its turn. */
export const BROKER_ATTEMPTS_MAX = 2;

/** How long a fall-back is used before the preferred broker is tried, in milliseconds. The time doubles when that one is not back. */
export const BROKER_RETURN_MS = 600_000;

/** Ceiling of `BROKER_RETURN_MS`, in milliseconds. */
export const BROKER_RETURN_MAX_MS = 7_200_000;

/** The return is put off by this long while messages are on their way, in milliseconds. */
export const BROKER_RETURN_POSTPONE_MS = 10_000;

/** How long the name lookup of a broker may take, in milliseconds. A usual resolver can ask two name servers in that time. */
export const RESOLVE_TIMEOUT_MS = 10_000;

/** How long TCP may take to connect, in milliseconds: enough for the first attempt and three repetitions. */
export const CONNECT_TIMEOUT_MS = 10_000;

/** How long the TLS handshake may take, in milliseconds. A board's own computing takes seconds of it. */
export const TLS_TIMEOUT_MS = 15_000;

/** How long the answer to a WebSocket's HTTP request may take, in milliseconds. */
export const UPGRADE_TIMEOUT_MS = 5_000;

/** One limit over all four steps for a page in a browser, in milliseconds. A page cannot tell them apart. */
export const PAGE_TIMEOUT_MS = 20_000;

/** How long a connection may take to open in all, in milliseconds, whatever its host reports. Then it is given up. */
export const OPEN_TIMEOUT_MS = 40_000;

/** How long to wait for CONNACK, in milliseconds. Then the connection is closed. */
export const CONNACK_TIMEOUT_MS = 10_000;

/** How long to wait for the broker's part of a re-authentication, in milliseconds. Then the connection is closed. */
export const AUTH_TIMEOUT_MS = 10_000;

/** How long to wait for SUBACK, in milliseconds. Then the connection is closed. */
export const SUBACK_TIMEOUT_MS = 10_000;

/**
 * How long to wait for a PUBACK on a live connection, in milliseconds. Then the connection is closed. The next one sends the message
 * again.
 */
export const PUBACK_TIMEOUT_MS = 30_000;

/**
 * Longest wait for an answer while the broker sends other things, in milliseconds. While it sends nothing, the answer's own time
 * limit holds. This is long enough for `SKIPPED_BYTES_MAX` at 5 KB a second.
 */
export const BUSY_TIMEOUT_MS = 900_000;

/** How long to wait for PINGRESP, in milliseconds. Then the connection counts as half-open and is closed. */
export const PINGRESP_TIMEOUT_MS = 5_000;

/** Ceiling of the first wait before reconnecting, in milliseconds. It doubles with each failed attempt. */
export const BACKOFF_BASE_MS = 500;

/** Ceiling of every wait before reconnecting, in milliseconds. */
export const BACKOFF_MAX_MS = 60_000;

/** How long a connection must last before the next wait is short again, in milliseconds. */
export const STABLE_MS = 10_000;

/** Messages in the inbox. When it is full, the expired leave first, then the read, then the least important. */
export const INBOX_RECORDS_MAX = 200;

/**
 * Bytes of all messages in the inbox. Messages leave in the same order. Together with the other records, and with what NVS adds to
 * each, they fit the 128 KB of flash that boards give to NVS.
 */
export const INBOX_BYTES_MAX = 40_960;

/**
 * Bytes of one copy of the settings that a device keeps. Three copies, of which one is being written, fit the flash of NVS beside the
 * inbox.
 */
export const KEPT_SETTINGS_BYTES_MAX = 20_480;

/** A screen that has refused a picture is painted again after this, in milliseconds. */
export const PAINT_RETRY_MS = 1_000;

/** A screen that refuses so many pictures in a row is broken. The device goes on without it. */
export const PAINT_FAILURES_MAX = 3;

/**
 * Shortest time between two paints of the same view, in milliseconds. In a burst of messages only the number of messages changes on
 * the screen. What the carrier does is painted at once.
 */
export const REPAINT_MS = 250;

/**
 * A press is ignored for this long after the screen has changed by itself, in milliseconds. The carrier meant it for the former view,
 * and it would acknowledge or answer something unseen. A person needs a little less time to react.
 */
export const PRESS_GUARD_MS = 300;

/** After a touch, new messages below priority 4 wait this long before they take the screen, in milliseconds. */
export const SCREEN_HOLD_MS = 10_000;

/** After this long without a touch, a list or a question gives way to the next unread message or to the home view, in milliseconds. */
export const SCREEN_RETURN_MS = 60_000;

/**
 * Names of messages that have left the inbox and are still recognised as duplicates. At least so many are kept. The oldest are
 * forgotten.
 */
export const DUPLICATE_WINDOW_MAX = 256;

/** Bytes of all records of such names. Fewer names fit when they are longer than some 30 bytes. A multiple of 512. */
export const NAME_WINDOW_BYTES_MAX = 8_192;

/**
 * Messages that have left the inbox and whose receipts still wait to be sent. At the limit the device takes no further message. The
 * broker keeps it, unacknowledged, until the senders have been told.
 */
export const LEFT_OWING_MAX = 128;

/** Receipts to one sender that go together, in bytes of payload. Where there are more, each goes by itself. */
export const RECEIPTS_BYTES_MAX = 1_536;

/** Messages with receipts that the broker has not acknowledged. Receipts that arise meanwhile go together into the next one. */
export const RECEIPTS_INFLIGHT_MAX = 3;

/** Longest id of a message, in UTF-8 bytes (wire format). A message with a longer one is shown and gets no receipts. */
export const MESSAGE_ID_BYTES_MAX = 64;

/** Contacts in the settings. Each has a subscription of its own. The settings refuse more. */
export const CONTACTS_MAX = 7;

/** Groups in the settings. Each has a subscription of its own. The settings refuse more. */
export const GROUPS_MAX = 4;

/** Contacts whose presence is known: those of the settings, and as many of the station's as fit. Presence of others is counted. */
export const ROSTER_MAX = 32;

/** Records of contacts that may be written at once. Further changes are written later. */
export const ROSTER_WRITES_MAX = 64;

/**
 * One more record of a contact may be written after this long, in milliseconds: at most some 8,600 a day. Flash bears that for
 * decades.
 */
export const ROSTER_WRITE_MS = 10_000;

/** For this long after a new session no record of a contact is written, in milliseconds. The broker repeats what it knows. */
export const ROSTER_SETTLE_MS = 10_000;

/** Texts in the settings that the buttons can send or choose as presence. The settings refuse more. */
export const CANNED_TEXTS_MAX = 8;

/** Messages that were written here and that the broker has not taken yet. A further one is refused. */
export const MESSAGES_OUT_MAX = 16;

/** Longest text of a message that is written here, in UTF-8 bytes. A longer one is refused. */
export const MESSAGE_TEXT_BYTES_MAX = 255;

/**
 * A page is silent when it comes within this time after another unread one of at least its priority, in milliseconds. That is about
 * the length of a sound. So a thousand pages at once sound once.
 */
export const ALARM_BURST_MS = 2_000;

/** A page of priority 4 or 5 sounds at this interval until it is acknowledged, in milliseconds. */
export const ALARM_REPEAT_MS = 30_000;

/** When nobody acknowledges it for this long, it sounds at the longer interval, in milliseconds. A new page begins anew. */
export const ALARM_QUICK_MS = 600_000;
export const ALARM_SLOW_REPEAT_MS = 300_000;

/** Longest id of a command, in UTF-8 bytes. A command with a longer one is refused. */
export const COMMAND_ID_BYTES_MAX = 23;

/** A clock that shows less has not been set, in seconds since 1970. It is 2020-01-01T00:00:00Z, before any such firmware. */
export const CLOCK_SECONDS_MIN = 1_577_836_800;

/** Largest jump of the clock that is believed at once, in seconds: a day. */
export const CLOCK_JUMP_SECONDS_MAX = 86_400;

/** How long the clock must keep to a larger jump, in milliseconds. Until then the device goes on with the former time. */
export const CLOCK_DOUBT_MS = 3_600_000;

/** How long a command holds when it does not say so, in seconds. */
export const COMMAND_SECONDS_DEFAULT = 60;

/** Longest time that a command may hold, in seconds: a day. A command that says more is refused. */
export const COMMAND_SECONDS_MAX = 86_400;

/** How far the clock of a command's sender may be ahead of the device's, in seconds. A command from further ahead is refused. */
export const COMMAND_CLOCK_SECONDS = 300;

/** Commands that were done and are recognised when they come again. One more replaces the oldest. */
export const COMMANDS_REMEMBERED_MAX = 32;

/**
 * Longest reason in the result of a command, in characters. Each takes up to 6 bytes in JSON. A longer reason, which names many wrong
 * settings, is cut. A result too large for a packet would block every message after it.
 */
export const COMMAND_REASON_MAX = 255;

/** Results of commands that wait to be sent. At the limit the oldest is dropped. Its sender may ask again. */
export const COMMAND_RESULTS_MAX = 8;

/** How long a restart waits for the broker to take its result, in milliseconds. Then the device restarts without. */
export const COMMAND_RESTART_MS = 5_000;

/** How long the message of an `identify` command stays on the screen before it expires, in seconds. */
export const IDENTIFY_SECONDS = 60;

/** Contents of one instant message. The wire has 4 bits for it and refuses 0 (wire format). */
export const CONTENTS_MAX = 15;

/** Longest context of a presence, in UTF-8 bytes (wire format). A longer one is refused. */
export const PRESENCE_CONTEXT_BYTES_MAX = 255;

/** Longest reply choice, in UTF-8 bytes: it has to fit into its receipt. A longer one is cut and ends with "…". */
export const CHOICE_BYTES_MAX = 128;

/** Reply choices of one message (wire format). Further ones are shown and cannot be chosen. */
export const CHOICES_MAX = 3;

/** Topics of one pre-subscription: the contacts and groups of a client. A list with more is refused. */
export const PRESUBSCRIPTION_TOPICS_MAX = 16_384;

/** Sensors of a device, its own among them. Further ones are not sampled, and the log names them. Range 1 to 256. */
export const SENSORS_MAX = 32;

/**
 * Readings of all sensors that are kept until they can be sent. Each takes 17 bytes. When the store of readings is full, its older
 * half is thinned, and the lost ones are counted.
 */
export const READINGS_MAX = 128;

/** Readings in one telemetry message. The rest follows in the next one. */
export const BATCH_READINGS_MAX = 16;

/** Bytes of one telemetry payload. A batch with more is halved. This leaves room for topic and header in `PUBLISH_BYTES_MAX`. */
export const TELEMETRY_BYTES_MAX = 1_792;

/** A sensor that fails so many times in a row is sampled less often. The wait doubles with each further failure. */
export const SENSOR_FAILURES_MAX = 3;

/** Longest wait before a sensor that fails is sampled again, in milliseconds: ten minutes. */
export const SENSOR_RETRY_MAX_MS = 600_000;

/**
 * A device that sleeps waits for this long after the last thing that came, in milliseconds. Then it takes for granted that the broker
 * has no more. What comes later waits there for the next time.
 */
export const SLEEP_QUIET_MS = 2_000;

/** A device that sleeps and has got no further for this long goes to sleep with what it owes, in milliseconds. */
export const SLEEP_STALL_MS = 30_000;

/** Longest time that a device that sleeps is awake, in milliseconds, after its start or the last touch. Ten minutes. */
export const SLEEP_AWAKE_MAX_MS = 600_000;

/** Shortest sleep, in milliseconds. */
export const SLEEP_MIN_MS = 10_000;

/** How often a device that is about to sleep looks whether all is done, in milliseconds. */
export const SLEEP_LOOK_MS = 500;

/** Bytes in the memory that keeps its contents in sleep. What does not fit is forgotten: readings then count as changed. */
export const SLEEP_MEMORY_BYTES_MAX = 2_048;

/** How often the battery is measured, in milliseconds. */
export const BATTERY_LOOK_MS = 60_000;

/** A battery that was low or empty must be above that level by more than this, in percent, to be better again. */
export const BATTERY_MARGIN_PERCENT = 3;

/** While the battery is low, the interval of a device that sleeps is so many times as long. */
export const BATTERY_LOW_STRETCH = 4;

/** How long a device with an empty battery sleeps before it looks whether it is being charged, in milliseconds: six hours. */
export const BATTERY_EMPTY_SLEEP_MS = 21_600_000;

/** Kinds of readings of one device that advertises in BTHome. Further ones are ignored. */
export const BTHOME_READINGS_MAX = 12;

/** Devices in the settings whose advertisements become readings. The settings refuse more. */
export const BTHOME_DEVICES_MAX = 8;

/** A device that has not been heard for this long has no value any more, in milliseconds: an hour. Some speak every 10 minutes. */
export const BTHOME_SILENCE_MS = 3_600_000;

/** Bytes of the document for Home Assistant: some ten sensors. Sensors that do not fit are left out, and the log names them. */
export const DISCOVERY_BYTES_MAX = 2_880;

/** Lines of the log that are kept for somebody who asks for them. One more replaces the oldest. */
export const LOG_LINES_MAX = 32;

/** Characters of all lines that are kept. The oldest leave when there are more. */
export const LOG_CHARACTERS_MAX = 2_048;

/** Longest line of the log that is kept, in characters. A longer one is cut and ends with "…". */
export const LOG_LINE_CHARACTERS_MAX = 200;

/** Lines of the log that go together in one message, in bytes of JSON. The rest follows in the next one. */
export const LOG_MESSAGE_BYTES_MAX = 1_536;

/** Shortest time between two messages with new lines of the log, in milliseconds. */
export const LOG_FOLLOW_MS = 1_000;

/** Longest time for which a command may ask for new lines of the log, in seconds: an hour. A command that says more is refused. */
export const LOG_FOLLOW_SECONDS_MAX = 3_600;

/** How often the device writes its figures into the log, in milliseconds: an hour. */
export const FIGURES_LOG_MS = 3_600_000;

/** Longest set-up code, in characters: the longest text of capital letters and digits that a QR code holds. A longer one is refused. */
export const SETUP_CODE_CHARACTERS_MAX = 4_296;

/** Longest text in a set-up code, in UTF-8 bytes: that of the longest setting. A longer one is refused. */
export const SETUP_TEXT_BYTES_MAX = 255;

/** Longest head of an HTTP answer, in bytes. A longer one ends an update. */
export const HTTP_HEAD_BYTES_MAX = 4_096;

/** Longest address of an image, in bytes. A longer one is refused. */
export const IMAGE_ADDRESS_BYTES_MAX = 255;

/** A server that sends nothing for this long counts as lost, in milliseconds. The update goes on with a new connection. */
export const UPDATE_STALL_MS = 30_000;

/** First wait before an update goes on after a loss, in milliseconds. It doubles with each loss before anything comes. */
export const UPDATE_RETRY_BASE_MS = 1_000;

/** Ceiling of `UPDATE_RETRY_BASE_MS`, in milliseconds. */
export const UPDATE_RETRY_MAX_MS = 60_000;

/** An update to which nothing comes for this long has failed, in milliseconds. The device goes on as a pager. */
export const UPDATE_PATIENCE_MS = 900_000;

/** A new program that has not reached the broker after this long is given up, in milliseconds. The former one comes back. */
export const UPDATE_TRIAL_MS = 600_000;

/** Starts of one update that do not end it, as after power cuts. At this number it has failed. */
export const UPDATE_TRIES_MAX = 5;

/** Longest name of a melody in a message, in bytes. The message is shown without a longer one. Range 5 to 255. */
export const MELODY_BYTES_MAX = 16;

/** Longest run of text that is fetched as a picture, in UTF-8 bytes: 32 characters. A reply to a longer one is refused. */
export const RUN_BYTES_MAX = 128;

/** Sizes in which a run can be drawn, in pixels. A request with another one is refused. */
export const RUN_PIXELS_MIN = 8;
export const RUN_PIXELS_MAX = 64;

/** Runs in one request. Further ones go into the next request. The wire format allows no more. */
export const RUNS_ASKED_MAX = 32;

/** Bytes of one request for pictures. Runs that do not fit go into the next one. Range 133 to 2,048. */
export const RASTER_REQUEST_BYTES_MAX = 512;

/**
 * Bytes of one reply with pictures. What does not fit goes into the next one. A picture that does not fit alone is drawn with one bit
 * a pixel.
 */
export const RASTER_REPLY_BYTES_MAX = 2_048;

/** Pictures of runs on the store. The least recently used one leaves. As many as the largest page of a board without a CJK face shows. */
export const RUN_RECORDS_MAX = 160;

/** Bytes of flash for all of them, with what NVS adds to each. They leave when anything else needs the room. */
export const RUN_RECORDS_BYTES_MAX = 32_768;

/** How long the answer to a request for pictures may take, in milliseconds. A station reads its fonts at the first one. */
export const RUN_ANSWER_MS = 60_000;

/** Shortest time between two requests for pictures, in milliseconds. */
export const RUN_PAUSE_MS = 250;

/** First wait after a request without an answer, in milliseconds. It doubles with each further one. */
export const RUN_RETRY_MS = 60_000;

/** Ceiling of `RUN_RETRY_MS`, and how long a run is not asked for that cannot be drawn, in milliseconds: a day. */
export const RUN_RETRY_MAX_MS = 86_400_000;

/** Runs that may be asked for at once. Flash bears as many, and one each `RUN_REFILL_MS`, for decades. */
export const RUN_BUDGET_MAX = 1_024;

/** One more run may be asked for after this long, in milliseconds. */
export const RUN_REFILL_MS = 5_000;

/** Runs that cannot be drawn and are remembered. One more replaces the oldest. */
export const RUNS_FAILED_MAX = 64;

/** Longest address that gets a QR code on the screen, in bytes: a code of 57 modules with medium correction. */
export const LINK_CODE_BYTES_MAX = 213;

/** Largest side of a message's picture, in pixels of the screen. A request with another one is refused. */
export const PICTURE_PIXELS_MAX = 2_048;

/** Largest side of a pixel of a picture, in pixels of the screen. What has no room in finer pixels has coarser ones. */
export const PICTURE_SCALE_MAX = 4;

/** Pieces of one picture. The wire format allows no more. */
export const PICTURE_PIECES_MAX = 64;

/** Bytes of one reply with a piece of a picture. A row of blocks of 696 colour pixels fits. */
export const PICTURE_PIECE_BYTES_MAX = 1_408;

/**
 * Bytes of all pieces of one picture. A larger one is drawn smaller. The store holds one picture, which leaves when anything else needs
 * the room.
 */
export const PICTURE_BYTES_MAX = 20_480;

/** How long the answer to a request for a piece of a picture may take, in milliseconds. A station fetches it at the first one. */
export const PICTURE_ANSWER_MS = 30_000;

/** Pieces of pictures that may be asked for at once. Flash bears as many, and one each `PICTURE_REFILL_MS`, for ten years. */
export const PICTURE_BUDGET_MAX = 512;

/** One more piece may be asked for after this long, in milliseconds. */
export const PICTURE_REFILL_MS = 30_000;

/** How often a picture may change while its pieces come. Then it is given up. */
export const PICTURE_CHANGES_MAX = 2;

/** Pictures that are not to be had, and why. One more replaces the oldest. */
export const PICTURES_FAILED_MAX = 8;

/** Why there is no picture, in UTF-8 bytes. A longer reason is refused. */
export const PICTURE_WORDS_BYTES_MAX = 64;

/** Host events that wait in the gateway. Further log lines are dropped, and the log says how many. */
export const EVENTS_MAX = 32;

/**
 * Opening brackets in a JSON text that the engine's own reader may get. That reader calls itself for each level. Our own reader reads
 * a text with more. It stops calling itself at a fixed depth.
 */
export const JSON_BRACKETS_MAX = 8;

/**
 * Largest stanza of XMPP that is read into memory, in bytes with its tags, and largest header of a stream. A larger stanza is passed
 * over, counted, and answered where it asks for an answer. The longest features of the usual servers have some 1,500 bytes.
 */
export const STANZA_BYTES_MAX = PACKET_BYTES_MAX;

/** Longest name of an element or attribute of XMPP, in bytes with its prefix. A longer one ends the stream. The longest of the protocols has 26. */
export const XML_NAME_BYTES_MAX = 64;

/** Attributes of one element of XMPP, declarations of namespaces included. With more its stanza counts as too large. No protocol has half of it. */
export const XML_ATTRIBUTES_MAX = 16;

/** Elements within each other, the stream included. With more the stanza counts as too large. A message needs 5. */
export const XML_DEPTH_MAX = 12;

/** Longest address of XMPP, in UTF-8 bytes. RFC 7622 allows 3,071, and no usual server more than some hundreds. A longer one is no address. */
export const JID_BYTES_MAX = 512;

/** Fewest rounds of SCRAM that a server may ask for (RFC 7677, 4). With fewer a listener could find the password sooner. */
export const SCRAM_ROUNDS_MIN = 4_096;

/** Most rounds of SCRAM that a server may ask for. The usual servers ask for 4,096 or 10,000, and wait two minutes, which a board needs for this. */
export const SCRAM_ROUNDS_MAX = 20_000;

/** Rounds of SCRAM in one go. Then other things have their turn. A board takes some 4 ms for one round. */
export const SCRAM_SLICE_ROUNDS = 16;

/** How long to wait for each answer of an XMPP server while the stream begins, in milliseconds. Then the connection is closed. */
export const XMPP_ANSWER_TIMEOUT_MS = 10_000;

/** Servers that may send us on to another one in a row (`see-other-host`). Then the next attempt goes to the first one. */
export const REDIRECTS_MAX = 3;

/** Largest stanza of XMPP that is sent, in bytes. A caller with a larger one gets a `UsageError`. Every server takes 10,000 (RFC 6120, 13.12). */
export const STANZA_OUT_BYTES_MAX = PUBLISH_BYTES_MAX;

/** Answers and pings of XMPP that leave before the server acknowledges any. More end the stream: only a hostile server asks so. */
export const ANSWERS_MAX = 64;

/** Stanzas of the server that the application has not taken. With more nothing is read until it has. */
export const STANZAS_UNTAKEN_MAX = RECEIVE_MAX;

if (PUBLISH_BYTES_MAX + TRANSMIT_RESERVE_BYTES > TRANSMIT_BYTES_MAX)
  throw new Error("limits: a PUBLISH of PUBLISH_BYTES_MAX does not fit beside TRANSMIT_RESERVE_BYTES");
if (RESOLVE_TIMEOUT_MS + CONNECT_TIMEOUT_MS + TLS_TIMEOUT_MS + UPGRADE_TIMEOUT_MS > OPEN_TIMEOUT_MS)
  throw new Error("limits: the steps of opening may take longer than OPEN_TIMEOUT_MS");
// Each topic filter takes 10 bytes more than its env and uid, that of pictures 8 more. Four topic filters are the device's own. 64
// bytes are for the rest of the packet.
if (72 + (CONTACTS_MAX + GROUPS_MAX + 4) * (10 + ENV_BYTES_MAX + UID_BYTES_MAX) > PUBLISH_BYTES_MAX)
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
if (KEPT_SETTINGS_BYTES_MAX < PEM_BYTES_MAX)
  throw new Error("limits: settings of KEPT_SETTINGS_BYTES_MAX do not hold a PEM of PEM_BYTES_MAX");
if (INBOX_BYTES_MAX < 2 * PACKET_BYTES_MAX)
  throw new Error("limits: the largest packet, every byte escaped in JSON, does not fit into the inbox");
if (TELEMETRY_BYTES_MAX + 2 * UID_BYTES_MAX + 32 > PUBLISH_BYTES_MAX)
  throw new Error("limits: telemetry of TELEMETRY_BYTES_MAX does not fit into a PUBLISH with its topic");
if (DISCOVERY_BYTES_MAX + ENV_BYTES_MAX + UID_BYTES_MAX + 48 > PUBLISH_BYTES_MAX)
  throw new Error("limits: a document of DISCOVERY_BYTES_MAX does not fit into a PUBLISH with its topic");
if (6 * (COMMAND_REASON_MAX + COMMAND_ID_BYTES_MAX) + ENV_BYTES_MAX + UID_BYTES_MAX + 64 > PUBLISH_BYTES_MAX)
  throw new Error("limits: the result of a command with COMMAND_REASON_MAX does not fit into a PUBLISH with its topic");
if (RASTER_REQUEST_BYTES_MAX < 6 + RUN_BYTES_MAX)
  throw new Error("limits: a run of RUN_BYTES_MAX does not fit into a request of RASTER_REQUEST_BYTES_MAX");
if (READINGS_MAX < 4 * SENSORS_MAX)
  throw new Error("limits: expected READINGS_MAX of at least 4 a sensor, so that thinning finds a second one of each");
