/** Every bound of the station in one place: purpose, unit, what happens at the limit. */

/** Largest packet that every pager takes, in bytes with header and topic. A push that would be larger is refused. */
export const DEVICE_PACKET_BYTES_MAX = 4_096;

/** Largest body of a request, in bytes. A larger one gets status 413. */
export const REQUEST_BYTES_MAX = 16_384;

/** Largest body that another program may send as a message, in bytes. What is too long for a pager is cut. */
export const SENDER_BYTES_MAX = 1_048_576;

/** Shortest delay that an ntfy message may ask for, in seconds. A shorter one gets status 400, as at ntfy. */
export const SENDER_DELAY_SECONDS_MIN = 10;

/** Largest mail, in bytes: a picture of `PICTURE_FETCH_BYTES_MAX` in base64. A larger one gets code 552. */
export const MAIL_BYTES_MAX = 12 * 1_048_576;

/** Bytes of all headers of one mail, and parts that stand in one another. A mail with more gets code 554. */
export const MAIL_HEADER_BYTES_MAX = 262_144;
export const MAIL_NESTING_MAX = 16;

/** Characters of a mail's text that are looked at. The rest is cut off. */
export const MAIL_TEXT_CHARACTERS_MAX = 262_144;

/** Characters of its HTML that are made a text: what takes the parser longest grows with their square. */
export const MAIL_HTML_CHARACTERS_MAX = 32_768;

/**
 * Lines of a mail that are shorter than those of an attachment, in bytes. The rest of a mail with more is cut off: the parser takes as long
 * for an empty line as for a long one, and the station does nothing else meanwhile.
 */
export const MAIL_SHORT_LINES_MAX = 20_000;
export const MAIL_SHORT_LINE_BYTES = 40;

/** Recipients of one mail. A further one gets code 452. */
export const MAIL_RECIPIENTS_MAX = 50;

/** Connections of SMTP: of all, and of one address. A further one gets code 421. */
export const MAIL_CONNECTIONS_MAX = 64;
export const MAIL_CONNECTIONS_PER_ADDRESS_MAX = 16;

/** Milliseconds of silence, and of all, after which such a connection is closed. */
export const MAIL_IDLE_MS = 60_000;
export const MAIL_CONNECTION_MS_MAX = 600_000;

/** Mails that are in memory at the same time. A further one gets code 451. */
export const MAILS_AT_ONCE_MAX = 8;

/** Milliseconds in which a request has to come whole. Then it gets status 408, and its connection is closed. */
export const REQUEST_MS_MAX = 20_000;

/** What `Retry-After` says with status 429 where nothing else says it, in seconds. */
export const RETRY_AFTER_SECONDS = 60;

/** Largest MQTT packet that the broker takes, in bytes with its fixed header. A larger one closes the connection. */
export const MQTT_PACKET_BYTES_MAX = 4 * 1_048_576;

/**
 * Pushes in the history on disk. When it is full the oldest leave that everyone has; when all of them are still lacked by somebody a new
 * one is refused with status 503.
 */
export const PUSHES_MAX = 200_000;

/** Deliveries that devices lack, eight bytes of memory each. A push that would make more of them gets status 503. */
export const DELIVERIES_OPEN_MAX = 1_000_000;

/**
 * Pushes that one device may lack; each has at most `DEVICE_PACKET_BYTES_MAX` bytes. A further one for it alone gets status 429. For one
 * to many devices, or of an administrator, the least important of those that wait leaves, and the history says so.
 */
export const DELIVERIES_PER_DEVICE_MAX = 1_000;

/** For how long a push waits for a device if its sender has not said it, in milliseconds: 30 days. Then it has expired. */
export const DELIVERY_AGE_MS = 30 * 24 * 3_600_000;

/** Pushes that were sent to one device and have no answer yet. */
export const DELIVERY_INFLIGHT_MAX = 4;

/** Milliseconds after which a push without an answer holds up the next one no more. */
export const DELIVERY_ANSWER_MS = 30_000;

/**
 * Milliseconds from the connection of a device until what it had not answered before is sent again. Its receipts, and what the broker has
 * for it, come first.
 */
export const DELIVERY_SETTLE_MS = 3_000;

/** Milliseconds for which a broker need keep a push for a device that has gone. The station sends it again when the device is back. */
export const BROKER_HELD_MS = 3_600_000;

/** Publications that another broker than the station's own has not answered yet. It may allow fewer. Further ones wait. */
export const BROKER_INFLIGHT_MAX = 20;

/** Milliseconds that such a broker may take to answer a CONNECT. */
export const BROKER_CONNECT_MS = 10_000;

/** Milliseconds until it is connected to again after a failure. They double with each further one. */
export const BROKER_RETRY_MS = 1_000;
export const BROKER_RETRY_MS_MAX = 60_000;

/** Milliseconds within which it has to give a retained message. Else it counts as one that does not retain. */
export const BROKER_PROBE_MS = 2_000;

/** Topics whose retained message waits in memory for it while it is away. A further one is refused with status 503. */
export const BROKER_RETAINED_OWED_MAX = 10_000;

/**
 * Newest pushes of one device whose receipts are asked for again after each connection to another broker. Of older ones a receipt that the
 * broker has lost stays missing in the history.
 */
export const RECEIPTS_ASKED_PER_DEVICE_MAX = 64;

/** How often such a push is sent to a device that does not answer: once at each of its connections. */
export const RECEIPTS_ASKED_TIMES_MAX = 10;

/** Age up to which a push is one of these, in milliseconds. */
export const RECEIPTS_ASKED_AGE_MS = 24 * 3_600_000;

/**
 * Milliseconds without a receipt after which a device beside another broker that lacks something is tried, whatever its presence says. The
 * distances double up to the longest: of a device that is away the broker gets four messages a day.
 */
export const SILENT_TRIED_MS = 30_000;
export const SILENT_TRIED_MS_MAX = 6 * 3_600_000;

/** Open deliveries of one account that is no administrator. A push that would make more gets status 429. */
export const DELIVERIES_OPEN_PER_ACCOUNT_MAX = 20_000;

/** Pushes that one account may send in a minute; an administrator any number. A further one gets status 429. */
export const PUSHES_PER_ACCOUNT_A_MINUTE = 600;

/** Devices that one answer gives of one push. */
export const DELIVERIES_LIST_MAX = 10_000;

/** Devices that stand beside each push of a list; the push itself counts them all. */
export const DELIVERIES_INLINE_MAX = 5;

/** Milliseconds until what the broker did not take, or the station did not take from it, is tried again. */
export const DELIVERY_RETRY_MS = 2_000;

/** Milliseconds between two looks for pushes that became due, or worthless, while they waited. */
export const SWEEP_MS = 5_000;

/** How long an idempotency key is remembered, in milliseconds. Later it makes a new push. */
export const IDEMPOTENCY_KEY_MS = 24 * 3_600_000;

/** Milliseconds between two rounds that forget old idempotency keys. */
export const KEYS_FORGOTTEN_EVERY_MS = 600_000;

/** For how long a device that is away is to be told to remove a push that was taken back, in seconds: a day, as long as a command holds. */
export const RETRACT_SECONDS = 86_400;

/** Longest answer of a device that is kept, in characters; the rest is cut. */
export const ANSWER_CHARACTERS_MAX = 200;

/** Answers to plain pages that are remembered, so that Home Assistant is told once. */
export const ANSWERS_REMEMBERED_MAX = 10_000;

/** Receipts remembered with one push at one recipient. Further ones are counted and dropped. */
export const RECEIPTS_MAX = 64;

/** Pushes in one answer of `GET /api/pushes`, newest first, at the most. */
export const PUSH_LIST_MAX = 200;

/** Pushes in one answer where nobody says how many. */
export const PUSH_LIST_DEFAULT = 50;

/** Bytes of records in memory, so that the newest are not read from the disk each time. */
export const RECORDS_CACHED_BYTES_MAX = 16 * 1_048_576;

/** Pushes that are looked through for one answer of `GET /api/pushes`, for an account that may not see all of them. */
export const PUSHES_LOOKED_THROUGH_MAX = 20_000;

/** Longest life that a push may be given, in seconds: a year. */
export const REQUEST_EXPIRY_SECONDS_MAX = 31_536_000;

/** Longest time for which a push may be put off, in seconds: 30 days. */
export const REQUEST_DELAY_SECONDS_MAX = 2_592_000;

/** Longest text of a push, in characters; its packet is limited beside it, see `DEVICE_PACKET_BYTES_MAX`. */
export const PUSH_TEXT_CHARACTERS_MAX = 4_000;

/** Longest title of a push, in characters. */
export const PUSH_TITLE_CHARACTERS_MAX = 200;

/** Longest answer that a push offers for a button, in characters. */
export const PUSH_CHOICE_CHARACTERS_MAX = 40;

/** Longest address of a link or a picture, in characters. */
export const PUSH_ADDRESS_CHARACTERS_MAX = 1_000;

/** Longest collapse key, in characters. */
export const COLLAPSE_KEY_CHARACTERS_MAX = 64;

/** Longest idempotency key, in characters. */
export const IDEMPOTENCY_KEY_CHARACTERS_MAX = 128;

/** Open event streams. A further one gets status 503, except an administrator's. */
export const EVENT_STREAMS_MAX = 256;

/** Open event streams of one account. A further one gets status 429. */
export const EVENT_STREAMS_PER_ACCOUNT_MAX = 32;

/** Bytes that wait for the reader of an event stream. Beyond it the stream is closed; the reader comes back by itself. */
export const EVENT_BACKLOG_BYTES_MAX = 1_048_576;

/** Milliseconds between two comments on a quiet event stream, so that nothing between closes it. */
export const EVENT_COMMENT_MS = 15_000;

/** Accounts of people, devices and programs. A further one is refused with status 409. */
export const ACCOUNTS_MAX = 20_000;

/** Tokens of the HTTP interface. A further one is refused with status 409. */
export const TOKENS_MAX = 1_000;

/** Tokens of one account, likewise. */
export const TOKENS_PER_ACCOUNT_MAX = 50;

/** Pagers in console pages of one account. The oldest one makes room for a further one. */
export const PAGES_PER_ACCOUNT_MAX = 20;

/** Longest label of a token, in characters. */
export const TOKEN_LABEL_CHARACTERS_MAX = 100;

/** Shortest password that may be chosen, in bytes. */
export const PASSWORD_BYTES_MIN = 8;

/** Longest password, in bytes. A longer one is refused, and never computed. */
export const PASSWORD_BYTES_MAX = 255;

/** Passwords that are computed at the same time, each in a thread and with up to 32 MB. */
export const PASSWORDS_COMPUTING_MAX = 2;

/** Passwords that wait for their turn. Beyond it a login is refused with "server unavailable" or status 503. */
export const PASSWORDS_WAITING_MAX = 4_096;

/** People, devices and groups together. A further one is refused with status 409; of an LDAP server the rest is left out. */
export const DIRECTORY_ENTRIES_MAX = 50_000;

/** Contacts of one person or device, and members of one group. */
export const DIRECTORY_LIST_MAX = 10_000;

/** Contacts or members in one request of the HTTP interface. Longer lists stand in the file or the LDAP server. */
export const REQUEST_NAMES_MAX = 1_000;

/** Longest full name of a person and label of a device or group, in characters. */
export const LABEL_CHARACTERS_MAX = 200;

/** Bytes of XMPP that are explained at once. */
export const STANZA_TEXT_BYTES_MAX = 1_048_576;

/** Levels of JSON or CBOR that a payload to be explained may nest. Deeper ones are refused. */
export const DECODE_DEPTH_MAX = 16;

/** Failed logins to one account from one address; beyond it they are refused unseen, with "server unavailable" or status 429. */
export const LOGIN_FAILURES = Object.freeze({ capacity: 20, perSecond: 0.2 });

/** Failed logins from one address to any account, likewise. */
export const LOGIN_FAILURES_PER_ADDRESS = Object.freeze({ capacity: 200, perSecond: 1 });

/** Failed logins to one account, likewise, from addresses that have never logged in to it. */
export const LOGIN_FAILURES_PER_ACCOUNT = Object.freeze({ capacity: 200, perSecond: 2 });

/**
 * Addresses and accounts whose failures are remembered; the longest unused is forgotten first. Also clients whose limits are
 * remembered from one connection to the next: beyond it those leave that owe nothing.
 */
export const LOGIN_PLACES_MAX = 20_000;

/** Messages that one client may publish. Beyond it nothing more is read from it until it is back within: nothing is lost. */
export const PUBLISHES_PER_CLIENT = Object.freeze({ capacity: 2_000, perSecond: 100 });

/** Bytes of packets that one client may publish, likewise. */
export const PUBLISHED_BYTES_PER_CLIENT = Object.freeze({ capacity: 8 * 1_048_576, perSecond: 1_048_576 });

/** What one client may be refused before its connection is closed; before that a refused message is acknowledged and dropped. */
export const REFUSALS_PER_CLIENT = Object.freeze({ capacity: 50, perSecond: 1 });

/** Lines of the log about what was refused, all clients together. What is beyond it is counted in the next line. */
export const REFUSAL_LINES = Object.freeze({ capacity: 100, perSecond: 5 });

/** Largest packet of a device, in bytes with its fixed header. A larger one closes the connection. */
export const DEVICE_PUBLISH_BYTES_MAX = 262_144;

/**
 * Messages of QoS 1 and 2 that are in flight to one device. It stores each before it answers. On a network that cuts early a whole window
 * stands between two answers of its own, and a pager gives up what too many connections in a row have ended on.
 */
export const DEVICE_INFLIGHT_MAX = 4;

/** Open connections of MQTT over TCP. A further one is closed at once. */
export const CONNECTIONS_MAX = 20_000;

/** Open connections of MQTT over WebSocket. A further one gets status 503. */
export const WEB_SOCKETS_MAX = 20_000;

/** Open connections of one account under names that it makes up. A further one is refused: "quota exceeded"; an administrator's is not. */
export const CONNECTIONS_PER_ACCOUNT_MAX = 64;

/** Largest payload that the broker retains of a client, in bytes. A larger one is refused. */
export const RETAINED_BYTES_MAX = 65_536;

/** Retained documents for Home Assistant of one device beside its first. A further one is not taken. */
export const DISCOVERY_DOCUMENTS_MAX = 64;

/** Bounds of the broker that the station wants otherwise than `broker/limits.ts` has them; that file says what each means. */
export const BROKER_LIMITS = Object.freeze({
  /** Over WebSocket, too. */
  connectionsMax: CONNECTIONS_MAX + WEB_SOCKETS_MAX,
  packetBytesMax: MQTT_PACKET_BYTES_MAX,
  topicLevelsMax: 100,
  /** For ever: a kept session ends when its device or person is removed. */
  sessionExpirySecondsMax: 0xffff_ffff,
  queueMessagesMax: 10_000,
  /** One largest packet, and what a reader in time may have waiting. */
  outgoingBytesMax: MQTT_PACKET_BYTES_MAX + 1_048_576,
});

/** Bytes of receipts that wait in memory while the disk is full. Beyond it a message to the station is refused. */
export const INBOX_BYTES_MAX = 16 * 1_048_576;

/** Milliseconds after a write that failed until the disk is tried again. */
export const STORE_RETRY_MS = 1_000;

/** Milliseconds that a client without subscriptions waits for those that the directory gives it, before CONNACK. */
export const PRESUBSCRIPTION_WAIT_MS = 2_000;

/** Milliseconds until the pre-subscriber asks the directory, or connects to the broker, again. */
export const DIRECTORY_RETRY_MS = 1_000;

/** Milliseconds that the directory may take for an answer. */
export const DIRECTORY_TIMEOUT_MS = 5_000;

/** Milliseconds from a change of the directory until subscriptions are brought up to it, so that many are looked at together. */
export const DIRECTORY_SETTLE_MS = 200;

/**
 * Devices of which presence and telemetry are kept in memory. Further ones are counted and not shown. Beside another broker a further one
 * that the directory does not know counts as away.
 */
export const DEVICES_WATCHED_MAX = 10_000;

/** Devices that one request may order to update. */
export const UPDATE_ORDERS_MAX = 1_000;

/** For how long a command to update waits for a device that is away, in seconds: a day. */
export const UPDATE_ORDER_SECONDS = 86_400;

/** Telemetry series kept of one device. Further ones are not shown. */
export const SERIES_MAX = 16;

/** Newest points kept of one series, for its chart. With every bound reached all of them take 240 MB. */
export const SERIES_POINTS_MAX = 90;

/** Largest telemetry payload that is looked at, in bytes. */
export const TELEMETRY_BYTES_MAX = 65_536;

/** Readings in one telemetry message (wire format). A message of more is counted as malformed and shown nowhere. */
export const TELEMETRY_READINGS_MAX = 64;

/** Longest name of a reading with its base name, in characters: an escaped uid, and a name. Beyond it likewise. */
export const TELEMETRY_NAME_CHARACTERS_MAX = 512;

/** Longest unit of a reading, in characters. Beyond it likewise. */
export const TELEMETRY_UNIT_CHARACTERS_MAX = 64;

/** Logins at the console at one time. Beyond it the one that was used longest ago ends. */
export const SESSIONS_MAX = 1_000;

/** A login ends when it was not used for so many milliseconds. */
export const SESSION_IDLE_MS = 24 * 3_600_000;

/** A login ends after so many milliseconds, used or not. */
export const SESSION_MS_MAX = 30 * 24 * 3_600_000;

/** Milliseconds that an LDAP server may take to be connected to, and for each answer. */
export const LDAP_TIMEOUT_MS = 5_000;

/** Milliseconds between two readings of a directory that is changed elsewhere. */
export const DIRECTORY_REFRESH_MS = 60_000;

/** Milliseconds between two looks whether somebody has written `directory.json`. */
export const DIRECTORY_LOOK_MS = 2_000;

/** Milliseconds between two looks whether the login or token of an open event stream still holds. */
export const LOGIN_CHECK_MS = 15_000;

/** Runs of text that one device may have drawn. A request beyond it has no answer, and the device asks again later. */
export const RUNS_PER_DEVICE = Object.freeze({ capacity: 2_048, perSecond: 4 });

/** Runs of text that all devices together may have drawn, likewise. */
export const RUNS_TOGETHER = Object.freeze({ capacity: 20_000, perSecond: 500 });

/** Requests for pictures of text that wait to be drawn. A further one has no answer. */
export const RUN_REQUESTS_MAX = 1_000;

/** Pictures of text that are kept: at most some 10 MB. The least recently used one leaves. */
export const RUN_PICTURES_MAX = 10_000;

/** Largest picture that is fetched for a message, in bytes. Of a larger one the device says that it is too large. */
export const PICTURE_FETCH_BYTES_MAX = 8 * 1_048_576;

/** How long a picture may take to come, with all addresses that send on, in milliseconds. */
export const PICTURE_FETCH_MS_MAX = 15_000;

/** How often the address of a picture may send on to another one. */
export const PICTURE_REDIRECTS_MAX = 3;

/** Pixels of a picture that is decoded: it stands in memory as a whole. One with more is not shown. */
export const PICTURE_DECODED_PIXELS_MAX = 40_000_000;

/** How long a picture may take to be decoded, in seconds. */
export const PICTURE_DECODE_SECONDS_MAX = 10;

/** Pictures that are fetched and decoded at the same time. Further ones wait. */
export const PICTURES_FETCHING_MAX = 4;

/** Pictures that wait to be fetched. A request for a further one has no answer, and the device asks again later. */
export const PICTURES_WAITING_MAX = 100;

/** Pictures of messages that are kept: at most some 4 MB. The least recently used one leaves. */
export const PICTURES_KEPT_MAX = 200;

/** How long it is known that there is no picture, in milliseconds. Then it is tried again when a device asks. */
export const PICTURE_FAILURE_MS = 60_000;

/** Pictures that may be fetched for one device. A request beyond it has no answer. */
export const PICTURES_PER_DEVICE = Object.freeze({ capacity: 30, perSecond: 0.1 });

/** Pictures that may be fetched for all devices together, likewise. */
export const PICTURES_TOGETHER = Object.freeze({ capacity: 500, perSecond: 5 });

/** Pieces of pictures that one device may ask for, likewise. */
export const PICTURE_PIECES_PER_DEVICE = Object.freeze({ capacity: 512, perSecond: 8 });

/** Milliseconds that a call of the station may take: a webhook, or an action of a push. */
export const CALL_MS_MAX = 15_000;

/** Characters of address, headers and body of an action of ntfy. One with more is refused. */
export const ACTION_CHARACTERS_MAX = 4_000;

/** Requests of actions that are sent at the same time, and those that wait. A further one is not sent, and the history says so. */
export const ACTION_CALLS_AT_ONCE_MAX = 8;
export const ACTION_CALLS_WAITING_MAX = 1_000;

/** How often a request of an action is tried whose server cannot be reached, and milliseconds before the next time. */
export const ACTION_ATTEMPTS_MAX = 3;
export const ACTION_RETRY_MS = 2_000;

/** Webhooks of one account, and of all. A further one is refused with status 409. */
export const WEBHOOKS_PER_ACCOUNT_MAX = 10;
export const WEBHOOKS_MAX = 100;

/** Events that wait for one webhook. Beyond it the oldest is lost, and the console says how many were. */
export const HOOK_EVENTS_MAX = 5_000;

/** For how long an event is tried, in milliseconds: three days. Then it is lost. */
export const HOOK_AGE_MS = 3 * 24 * 3_600_000;

/** Events of several pushes that are sent to one webhook at the same time. */
export const HOOK_INFLIGHT_MAX = 4;

/** Milliseconds until an event is tried again. They double with each further failure. */
export const HOOK_RETRY_MS = 5_000;
export const HOOK_RETRY_MS_MAX = 3_600_000;

/** Tests of webhooks that one account may order in a minute. */
export const HOOK_TESTS_PER_ACCOUNT_A_MINUTE = 10;

/** Sides of a picture that was uploaded, in pixels. A larger one is kept smaller. */
export const UPLOADED_SIDE_MAX = 1_600;

/** Uploads of pictures that one account may try in a minute, and pictures that it may have drawn for a preview. */
export const UPLOADS_PER_ACCOUNT_A_MINUTE = 30;
export const PREVIEWS_PER_ACCOUNT_A_MINUTE = 120;

/** Uploads at the same time, of all accounts together. A further one gets status 429. */
export const UPLOADS_AT_ONCE_MAX = 4;

/** Bytes of uploaded pictures that are kept: of one account that is no administrator, and of all. Beyond it likewise, or status 503. */
export const UPLOADED_PER_ACCOUNT_BYTES_MAX = 16 * 1_048_576;
export const UPLOADED_BYTES_MAX = 256 * 1_048_576;

/** For how long an uploaded picture waits for a push that names it, in milliseconds: an hour. */
export const UPLOADED_UNUSED_MS = 3_600_000;

/** Milliseconds between two rounds that remove uploaded pictures whose time is over. */
export const UPLOADED_LOOK_MS = 60_000;
